import type { Metadata } from "next";
import { ReconciliationPage } from "../../../../../features/billing/reconciliation-page.tsx";

export const metadata: Metadata = { title: "Reconciliation" };

export default function Route() {
  return <ReconciliationPage />;
}
