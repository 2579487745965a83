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
  /** The link that the launcher printed; unknown for a product that was started by somebody else. */
  readonly printedLink?: string;
}

/** How to reach a running product, from the file that it leaves for scripts in its data directory. */
export function readFacts(home: string): ProductFacts {
  return { home, ...firstRun.parse(JSON.parse(readFileSync(join(home, "first-run.json"), "utf8"))) };
}
