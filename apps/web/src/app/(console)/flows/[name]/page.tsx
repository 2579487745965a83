import type { Metadata } from "next";
import { FlowPage } from "../../../../features/flows/flow-page.tsx";

interface RouteProps {
  readonly params: Promise<{ readonly name: string }>;
}

export async function generateMetadata({ params }: RouteProps): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) };
}

export default async function Route({ params }: RouteProps) {
  return <FlowPage name={decodeURIComponent((await params).name)} />;
}
