import { readFirstRun } from "../domain/first-run.ts";
import type { CliContext } from "./context.ts";
import { CliError } from "./output.ts";

/**
 * Background work is the service's: without one, waiting would never end.
 * @param what `run`, as the sentence says it
 * @throws CliError `no-service`
 */
export async function serviceAnswers({ env }: CliContext, what: string): Promise<void> {
  const host = env.TUGBOAT_API_HOST.includes(":") ? `[${env.TUGBOAT_API_HOST}]` : env.TUGBOAT_API_HOST;
  const known = env.TUGBOAT_API_URL ?? (await readFirstRun(env.TUGBOAT_HOME))?.apiUrl;
  const url = known ?? `http://${host}:${env.TUGBOAT_API_PORT}`;
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (answer !== undefined) return;
  throw new CliError(
    "no-service",
    `The ${what} is queued, but no service answers at ${url} to do it.`,
    `Start it with \`npm start\`; the ${what} then begins by itself.`,
  );
}
