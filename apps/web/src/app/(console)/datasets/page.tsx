import type { Metadata } from "next";
import { DatasetsPage } from "../../../features/datasets/datasets-page.tsx";

export const metadata: Metadata = { title: "Datasets" };

export default function Route() {
  return <DatasetsPage />;
}
