import type { Metadata } from "next";
import { TuningPage } from "../../../features/tuning/tuning-page.tsx";

export const metadata: Metadata = { title: "Tuning" };

export default function Route() {
  return <TuningPage />;
}
