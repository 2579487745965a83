import type { Metadata } from "next";
import { NewEvaluationPage } from "../../../../features/evaluations/new-evaluation-page.tsx";

export const metadata: Metadata = { title: "New evaluation" };

interface RouteProps {
  readonly searchParams: Promise<{
    readonly dataset?: string;
    readonly evaluator?: string;
    readonly models?: string;
    readonly prompts?: string;
  }>;
}

export default async function Route({ searchParams }: RouteProps) {
  const { dataset, evaluator, models, prompts } = await searchParams;
  return <NewEvaluationPage asked={{ dataset, evaluator, models: models?.split(","), prompts: prompts?.split(",") }} />;
}
