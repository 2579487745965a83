import type { Metadata } from "next";
import { NewFlowPage } from "../../../../features/flows/new-flow-page.tsx";

export const metadata: Metadata = { title: "New flow" };

export default function Route() {
  return <NewFlowPage />;
}
