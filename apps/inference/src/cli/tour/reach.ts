import { type FirstRun, readFirstRun } from "../../domain/first-run.ts";
import type { CliContext } from "../context.ts";
import { CliError } from "../output.ts";
import type { Service } from "./ask.ts";

/** Where the service is, and a key for it. @throws CliError `not-started` */
export async function reach({ env }: CliContext): Promise<{ service: Service; facts: FirstRun | undefined }> {
  const facts = await readFirstRun(env.TUGBOAT_HOME);
  const apiUrl = env.TUGBOAT_API_URL ?? facts?.apiUrl;
  const apiKey = env.TUGBOAT_API_KEY ?? facts?.apiKey;
  if (apiUrl === undefined || apiKey === undefined) {
    const message = `There is no installation in ${env.TUGBOAT_HOME} yet.`;
    throw new CliError("not-started", message, "Run `npm start`, or set TUGBOAT_API_URL and TUGBOAT_API_KEY.");
  }
  return { service: { apiUrl: apiUrl.replace(/\/+$/, "").replace(/\/v1$/, ""), apiKey }, facts };
}
