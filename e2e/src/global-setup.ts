import type { FullConfig } from "@playwright/test";
import { homeVariable } from "./facts.ts";
import { startProduct } from "./product.ts";

/** Starts the product once for all journeys, unless a running one is named or only the engine's page is tested. */
export default async function globalSetup(config: FullConfig): Promise<(() => Promise<void>) | undefined> {
  const named = process.env[homeVariable];
  if (named || !config.projects.some(({ name }) => name === "console")) return undefined;
  const product = await startProduct();
  process.env[homeVariable] = product.home;
  return product.stop;
}
