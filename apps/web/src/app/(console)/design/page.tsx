import type { Metadata } from "next";
import { DesignPage } from "../../../features/design/design-page.tsx";

export const metadata: Metadata = { title: "Design" };

export default function Route() {
  return <DesignPage />;
}
