import type { Metadata } from "next";
import { EvaluatorPage } from "../../../../features/evaluators/evaluator-page.tsx";

export const metadata: Metadata = { title: "Evaluator" };

interface RouteProps {
  readonly params: Promise<{ readonly name: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <EvaluatorPage name={decodeURIComponent((await params).name)} />;
}
