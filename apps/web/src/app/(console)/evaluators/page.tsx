import type { Metadata } from "next";
import { EvaluatorsPage } from "../../../features/evaluators/evaluators-page.tsx";

export const metadata: Metadata = { title: "Evaluators" };

export default function Route() {
  return <EvaluatorsPage />;
}
