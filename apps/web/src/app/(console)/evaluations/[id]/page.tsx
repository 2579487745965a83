import type { Metadata } from "next";
import { EvaluationPage } from "../../../../features/evaluations/evaluation-page.tsx";

export const metadata: Metadata = { title: "Evaluation" };

interface RouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <EvaluationPage id={decodeURIComponent((await params).id)} />;
}
