import type { Metadata } from "next";
import { TracePage } from "../../../../features/traces/trace-page.tsx";

export const metadata: Metadata = { title: "Trace" };

interface RouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <TracePage id={decodeURIComponent((await params).id)} />;
}
