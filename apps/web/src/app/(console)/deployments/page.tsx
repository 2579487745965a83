import type { Metadata } from "next";
import { DeploymentsPage } from "../../../features/deployments/deployments-page.tsx";

export const metadata: Metadata = { title: "Deployments and aliases" };

export default function Route() {
  return <DeploymentsPage />;
}
