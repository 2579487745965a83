import type { Metadata } from "next";
import { EvaluationsPage } from "../../../features/evaluations/evaluations-page.tsx";

export const metadata: Metadata = { title: "Evaluations" };

export default function Route() {
  return <EvaluationsPage />;
}
