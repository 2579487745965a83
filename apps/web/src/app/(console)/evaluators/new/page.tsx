import type { Metadata } from "next";
import { EvaluatorPage } from "../../../../features/evaluators/evaluator-page.tsx";

export const metadata: Metadata = { title: "New evaluator" };

export default function Route() {
  return <EvaluatorPage />;
}
