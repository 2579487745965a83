import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const firstRun = z.object({
  consoleUrl: z.string(),
  apiUrl: z.string(),
  email: z.string(),
  password: z.string(),
  apiKey: z.string(),
});

export interface ProductFacts extends z.infer<typeof firstRun> {
  /** The data directory of the product under test. */
  readonly home: string;
}

/** Names the data directory of the product under test; set by the global setup, or by hand to test a running one. */
export const homeVariable = "TUGBOAT_E2E_HOME";

/** How to reach the product under test, from the file that it leaves for scripts. */
export function productFacts(): ProductFacts {
  const home = process.env[homeVariable];
  if (!home) throw new Error(`${homeVariable} is not set: the global setup did not run.`);
  return { home, ...firstRun.parse(JSON.parse(readFileSync(join(home, "first-run.json"), "utf8"))) };
}
