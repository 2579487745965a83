import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);

const variables = z.object({
  TUGBOAT_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  TUGBOAT_API_PORT: port.default(4000),
});

export interface ConsoleEnv {
  /** Origin (and prefix, if any) of the inference service, without a trailing slash and without `/v1`. */
  readonly apiUrl: string;
}

/**
 * Parses the console's whole configuration.
 * @throws Error naming each variable that is wrong and why.
 */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): ConsoleEnv {
  const parsed = variables.safeParse(source);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new Error(`The console's configuration is wrong. ${problems}.`);
  }
  const given = parsed.data;
  return { apiUrl: trimApiUrl(given.TUGBOAT_API_URL ?? `http://127.0.0.1:${given.TUGBOAT_API_PORT}`) };
}

let current: ConsoleEnv | undefined;

/** The configuration of this process, parsed once. Nothing else in the console reads `process.env`. */
export function env(): ConsoleEnv {
  current ??= parseEnv(process.env);
  return current;
}

function trimApiUrl(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}
