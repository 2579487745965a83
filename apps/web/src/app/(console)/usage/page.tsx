import type { Metadata } from "next";
import { UsagePage } from "../../../features/usage/usage-page.tsx";

export const metadata: Metadata = { title: "Usage and cost" };

export default function Route() {
  return <UsagePage />;
}
