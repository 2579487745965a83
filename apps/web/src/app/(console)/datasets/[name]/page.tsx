import type { Metadata } from "next";
import { DatasetPage } from "../../../../features/datasets/dataset-page.tsx";

export const metadata: Metadata = { title: "Dataset" };

interface RouteProps {
  readonly params: Promise<{ readonly name: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <DatasetPage name={decodeURIComponent((await params).name)} />;
}
