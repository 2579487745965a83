import type { Metadata } from "next";
import { RunPage } from "../../../../features/tuning/run-page.tsx";

export const metadata: Metadata = { title: "Tuning run" };

interface RouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <RunPage id={decodeURIComponent((await params).id)} />;
}
