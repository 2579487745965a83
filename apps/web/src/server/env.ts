import { resolve } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);

const variables = z.object({
  TUGBOAT_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  TUGBOAT_API_PORT: port.default(4000),
  TUGBOAT_HOME: z.string().min(1).optional(),
  TUGBOAT_TRUSTED_PROXIES: z.string().default(""),
});

export interface ConsoleEnv {
  /** Origin (and prefix, if any) of the inference service, without a trailing slash and without `/v1`. */
  readonly apiUrl: string;
  /** The data directory that the service shares with us. */
  readonly home: string;
  /** Addresses and CIDR ranges of proxies in front of the console; the service checks their form. */
  readonly trustedProxies: readonly string[];
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
  return {
    apiUrl: trimApiUrl(given.TUGBOAT_API_URL ?? `http://127.0.0.1:${given.TUGBOAT_API_PORT}`),
    // The console runs in its own folder, two below the repository's root.
    home: resolve(given.TUGBOAT_HOME ?? "../../.tugboat"),
    trustedProxies: given.TUGBOAT_TRUSTED_PROXIES.split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  };
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
