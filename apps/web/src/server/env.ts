import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);

const variables = z.object({
  TUGBOAT_HOME: z.string().min(1).optional(),
  TUGBOAT_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  TUGBOAT_API_PORT: port.default(4000),
  TUGBOAT_API_KEY: z.string().min(1).optional(),
  TUGBOAT_SESSION_HOURS: z.coerce.number().positive().max(8760).default(168),
});

export interface ConsoleEnv {
  /** Data directory, absolute. */
  readonly home: string;
  /** Origin (and prefix, if any) of the inference service, without a trailing slash and without `/v1`. */
  readonly apiUrl: string;
  /** Set only when the key is given by the environment; otherwise it is read from first-run.json. */
  readonly apiKey: string | undefined;
  readonly sessionMs: number;
}

/**
 * Parses the console's whole configuration.
 * @throws Error naming each variable that is wrong and why.
 */
export function parseEnv(source: Readonly<Record<string, string | undefined>>, cwd: string): ConsoleEnv {
  const parsed = variables.safeParse(source);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new Error(`The console's configuration is wrong. ${problems}.`);
  }
  const given = parsed.data;
  const home = given.TUGBOAT_HOME ?? ".tugboat";
  return {
    home: isAbsolute(home) ? home : resolve(workspaceRoot(cwd), home),
    apiUrl: trimApiUrl(given.TUGBOAT_API_URL ?? `http://127.0.0.1:${given.TUGBOAT_API_PORT}`),
    apiKey: given.TUGBOAT_API_KEY,
    sessionMs: given.TUGBOAT_SESSION_HOURS * 3_600_000,
  };
}

let current: ConsoleEnv | undefined;

/** The configuration of this process, parsed once. Nothing else in the console reads `process.env`. */
export function env(): ConsoleEnv {
  current ??= parseEnv(process.env, process.cwd());
  return current;
}

function trimApiUrl(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}

/** A relative TUGBOAT_HOME is meant from the repository's root, wherever the console was started. */
function workspaceRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "turbo.json"))) return folder;
    if (dirname(folder) === folder) return from;
  }
}
