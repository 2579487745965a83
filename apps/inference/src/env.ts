import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The repository's root: `src/` and `dist/` lie equally deep. */
export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

export const version = "0.1.0";

const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().min(1);
const roles = ["edge", "engine", "jobs"] as const;
export type Role = (typeof roles)[number];

const schema = z.object({
  TUGBOAT_HOME: z.string().default(`${repositoryRoot}/.tugboat`),
  DATABASE_URL: z.string().optional(),
  TUGBOAT_WEB_PORT: port.default(3000),
  TUGBOAT_API_PORT: port.default(4000),
  TUGBOAT_API_HOST: z.string().default("127.0.0.1"),
  TUGBOAT_DEVICE: z.enum(["auto", "webgpu", "cpu"]).default("auto"),
  TUGBOAT_ROLES: z
    .string()
    .default("all")
    .transform((text, context): ReadonlySet<Role> => {
      const named = text.split(",").map((role) => role.trim());
      if (named.length === 1 && named[0] === "all") return new Set(roles);
      const known = named.map((role) => roles.find((r) => r === role));
      const chosen = known.filter((role) => role !== undefined);
      if (chosen.length === named.length) return new Set(chosen);
      context.addIssue({ code: "custom", message: `"${text}" is not a list of ${roles.join(", ")}` });
      return z.NEVER;
    }),
  TUGBOAT_THREADS: count.max(256).optional(),
  TUGBOAT_DEFAULT_MODEL: z.string().default("tug-small"),
  /** MiB that all loaded models together may take; the default is 60 % of the machine's. */
  TUGBOAT_MODEL_MEMORY: count.optional(),
  /** MiB of the largest model file that is taken as an upload. */
  TUGBOAT_UPLOAD_LIMIT: count.default(65_536),
  /** Requests that may wait for or run on one model before new ones are refused. */
  TUGBOAT_QUEUE: count.default(256),
  TUGBOAT_CORS_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((origin) => origin !== "")),
  TUGBOAT_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  TUGBOAT_API_URL: z.url().optional(),
  /** Where people reach the console, for links that are sent or printed; by default this machine. */
  TUGBOAT_CONSOLE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  TUGBOAT_API_KEY: z.string().optional(),
  HF_ENDPOINT: z.url().default("https://huggingface.co"),
  HF_TOKEN: z.string().optional(),
});

export type Env = Readonly<z.output<typeof schema>>;

export class EnvError extends Error {
  override readonly name = "EnvError";
  readonly code = "bad-environment";
  readonly hint = "Correct or unset the variable; the README lists what each one means.";
}

/**
 * The process's settings. Nothing else reads the environment. An empty variable counts as unset.
 * @throws EnvError naming the variables that are wrong
 */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new EnvError(`The environment is not usable. ${faults.join("; ")}.`);
  }
  return { ...parsed.data, TUGBOAT_HOME: resolve(parsed.data.TUGBOAT_HOME) };
}
