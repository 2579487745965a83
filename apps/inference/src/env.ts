import { isIP } from "node:net";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The repository's root: `src/` and `dist/` lie equally deep. */
export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

export const version = "0.1.0";

const port = z.coerce.number().int().min(0).max(65_535);
const address = z.string().regex(/^([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/, "it must be host:port");
const count = z.coerce.number().int().min(1);
const roles = ["edge", "engine", "jobs"] as const;
export type Role = (typeof roles)[number];

/** What a domain may give to everybody who signs in; an owner is made by an owner. */
const domainRoles = ["admin", "developer", "expert", "billing", "viewer"] as const;
type DomainRole = (typeof domainRoles)[number];

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isRange(text: string): boolean {
  const [address = "", bits] = text.split("/", 2);
  const family = isIP(address);
  if (family === 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Variables that mean something only together. */
const together = [
  ["TUGBOAT_SMTP_URL", "TUGBOAT_MAIL_FROM"],
  ["TUGBOAT_STRIPE_SECRET_KEY", "TUGBOAT_STRIPE_WEBHOOK_SECRET"],
  ["TUGBOAT_OIDC_ISSUER", "TUGBOAT_OIDC_CLIENT_ID", "TUGBOAT_OIDC_CLIENT_SECRET"],
] as const;

const schema = z.object({
  TUGBOAT_HOME: z.string().default(`${repositoryRoot}/.tugboat`),
  DATABASE_URL: z.string().optional(),
  /** Puts the job queue on Redis; otherwise it lies in the database. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
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
  /** Where an engine without an edge listens for edges; 0 takes a free port. */
  TUGBOAT_ENGINE_PORT: port.default(4100),
  TUGBOAT_ENGINE_HOST: z.string().default("127.0.0.1"),
  /** `host:port` at which edges reach this engine; by default the host's name, or the address that it listens on. */
  TUGBOAT_ENGINE_ADDRESS: address.optional(),
  /** `host:port,…` of all engines, where they don't announce themselves in the database. */
  TUGBOAT_ENGINES: z
    .string()
    .default("")
    .transform((text) => listOf(text))
    .pipe(z.array(address)),
  /** What edges and engines prove themselves with; by default a file of the data directory. */
  TUGBOAT_ENGINE_SECRET: z.string().min(32, "it must have at least 32 characters").optional(),
  TUGBOAT_THREADS: count.max(256).optional(),
  TUGBOAT_DEFAULT_MODEL: z.string().default("tug-small"),
  /** MiB that all loaded models together may take; the default is 60 % of the machine's. */
  TUGBOAT_MODEL_MEMORY: count.optional(),
  /** MiB of disk for each loaded model's prefix cache, which then outlives a restart; 0 is none. */
  TUGBOAT_PREFIX_DISK: z.coerce.number().int().min(0).default(0),
  /** MiB of the largest model file that is taken as an upload. */
  TUGBOAT_UPLOAD_LIMIT: count.default(65_536),
  /** Requests that may wait for or run on one model before new ones are refused. */
  TUGBOAT_QUEUE: count.default(256),
  /** Models that are put here join the catalog; by default `watched` in the data directory. */
  TUGBOAT_MODELS_FOLDER: z.string().min(1).optional(),
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
  /** Proxies in front of the console or the service whose `x-forwarded-for` is believed: addresses and CIDR ranges. */
  TUGBOAT_TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text, context) => {
      const ranges = listOf(text);
      const wrong = ranges.find((range) => !isRange(range));
      if (wrong === undefined) return ranges;
      context.addIssue({ code: "custom", message: `"${wrong}" is no address and no range such as 10.0.0.0/8` });
      return z.NEVER;
    }),
  TUGBOAT_SMTP_URL: z.url({ protocol: /^smtps?$/, error: "it must begin with smtp:// or smtps://" }).optional(),
  /** `Tugboat <tugboat@example.com>` */
  TUGBOAT_MAIL_FROM: z
    .string()
    .regex(/^([^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, "it must be an address, or a name and <address>")
    .optional(),
  /** Invoices can be paid by a service that speaks Stripe's API; without a key there is none. */
  TUGBOAT_STRIPE_SECRET_KEY: z.string().optional(),
  /** What its webhooks are signed with. */
  TUGBOAT_STRIPE_WEBHOOK_SECRET: z.string().optional(),
  TUGBOAT_STRIPE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .default("https://api.stripe.com"),
  TUGBOAT_OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  TUGBOAT_OIDC_CLIENT_ID: z.string().optional(),
  TUGBOAT_OIDC_CLIENT_SECRET: z.string().optional(),
  TUGBOAT_OIDC_NAME: z.string().max(60).default("single sign-on"),
  /** `example.com=viewer, partner.example`: who may sign in, and as what without an invitation. */
  TUGBOAT_OIDC_DOMAINS: z
    .string()
    .default("")
    .transform((text, context): ReadonlyMap<string, DomainRole | undefined> => {
      const domains = new Map<string, DomainRole | undefined>();
      for (const entry of listOf(text)) {
        const [domain = "", named] = entry.toLowerCase().split("=", 2);
        const role = domainRoles.find((one) => one === named?.trim());
        if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain.trim()) && (named === undefined || role !== undefined)) {
          domains.set(domain.trim(), role);
          continue;
        }
        const message = `"${entry}" is no domain, nor domain=role with a role of ${domainRoles.join(", ")}`;
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }
      return domains;
    }),
  /** Where spans are sent in OTLP/HTTP's JSON; `/v1/traces` is added to it. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  /** `name=value,name=value`, percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .default("")
    .transform((text, context): Readonly<Record<string, string>> => {
      const pairs = listOf(text).map((pair) => /^([\w-]+)=(.*)$/.exec(pair));
      if (pairs.every((pair) => pair !== null)) {
        return Object.fromEntries(
          pairs.map(([, name = "", value = ""]) => [name.toLowerCase(), decodeURIComponent(value)]),
        );
      }
      context.addIssue({ code: "custom", message: "it must be name=value pairs with commas between them" });
      return z.NEVER;
    }),
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
  for (const names of together) {
    const missing = names.filter((name) => parsed.data[name] === undefined);
    if (missing.length === 0 || missing.length === names.length) continue;
    throw new EnvError(`The environment is not usable. ${missing.join(" and ")}: needed beside ${names[0]}.`);
  }
  return { ...parsed.data, TUGBOAT_HOME: resolve(parsed.data.TUGBOAT_HOME) };
}
