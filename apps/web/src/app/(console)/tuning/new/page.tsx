import type { Metadata } from "next";
import { NewRunPage } from "../../../../features/tuning/new-run-page.tsx";

export const metadata: Metadata = { title: "New tuning run" };

interface RouteProps {
  readonly searchParams: Promise<{ readonly sample?: string; readonly dataset?: string }>;
}

export default async function Route({ searchParams }: RouteProps) {
  const { dataset, sample } = await searchParams;
  return <NewRunPage withSample={sample !== undefined} dataset={dataset} />;
}
