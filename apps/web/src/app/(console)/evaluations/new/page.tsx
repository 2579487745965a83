import type { Metadata } from "next";
import { NewEvaluationPage } from "../../../../features/evaluations/new-evaluation-page.tsx";

export const metadata: Metadata = { title: "New evaluation" };

interface RouteProps {
  readonly searchParams: Promise<{ readonly dataset?: string }>;
}

export default async function Route({ searchParams }: RouteProps) {
  return <NewEvaluationPage dataset={(await searchParams).dataset} />;
}
