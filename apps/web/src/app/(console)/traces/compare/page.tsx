import type { Metadata } from "next";
import { ComparePage } from "../../../../features/traces/compare-page.tsx";

export const metadata: Metadata = { title: "Compare two requests" };

export default function Route() {
  return <ComparePage />;
}
