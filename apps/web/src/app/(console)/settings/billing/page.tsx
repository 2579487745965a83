import type { Metadata } from "next";
import { BillingPage } from "../../../../features/billing/billing-page.tsx";

export const metadata: Metadata = { title: "Billing" };

export default function Route() {
  return <BillingPage />;
}
