import { z } from "zod";
import type { DeviceCard, Load, ModelCard, ModelState } from "../features/service/types.ts";
import { callApi } from "./api.ts";
import { parsePrometheus, quantile, total } from "./prometheus.ts";

const optional = {
  text: z.string().min(1).optional().catch(undefined),
  count: z.number().nonnegative().optional().catch(undefined),
};

const device = z
  .object({ kind: z.string(), name: z.string().optional().catch(undefined), threads: optional.count })
  .transform((found): DeviceCard => ({ ...found, name: found.name ?? found.kind }));

const health = z.object({
  status: z.string(),
  version: optional.text,
  uptimeSeconds: optional.count,
  device: z
    .union([device, z.string().transform((name): DeviceCard => ({ kind: name, name }))])
    .optional()
    .catch(undefined),
  models: z.array(z.union([z.string().transform((id) => ({ id })), z.looseObject({ id: z.string() })])).default([]),
});

export type Health = z.infer<typeof health>;

/** @throws ApiError when the service does not answer. */
export async function readHealth(signal?: AbortSignal): Promise<Health> {
  return health.parse(await (await callApi("/health", { signal })).json());
}

const entry = z.looseObject({ id: z.string() });
const facts = z.object({
  state: z.string().optional().catch(undefined),
  detail: optional.text,
  description: optional.text,
  architecture: optional.text,
  parameters: optional.count,
  contextLength: optional.count,
  trainedContextLength: optional.count,
  vocabularySize: optional.count,
  layers: optional.count,
  dim: optional.count,
  heads: optional.count,
  kvHeads: optional.count,
  quantisation: optional.text,
  bytes: optional.count,
  licence: optional.text,
  hasChatTemplate: z.boolean().optional().catch(undefined),
  isDefault: z.boolean().optional().catch(undefined),
});

const states: Readonly<Record<string, ModelState>> = {
  ready: "ready",
  loading: "loading",
  restarting: "loading",
  failed: "failed",
  idle: "idle",
  closed: "idle",
};

/** A catalog entry, its facts beside the id or under `tugboat`. */
export function parseModel(raw: unknown, live: ReadonlySet<string> = new Set()): ModelCard {
  const found = entry.parse(raw);
  const { state, dim, ...rest } = facts.parse({ ...found, ...entryFacts(found.tugboat) });
  const known = state === undefined ? undefined : states[state];
  return { ...rest, id: found.id, dimension: dim, state: known ?? (live.has(found.id) ? "ready" : "idle") };
}

function entryFacts(nested: unknown): object {
  return typeof nested === "object" && nested !== null ? nested : {};
}

/** @throws ApiError when the service does not answer or refuses the key. */
export async function readModels(signal?: AbortSignal): Promise<readonly unknown[]> {
  const list = z.object({ data: z.array(z.unknown()) });
  return list.parse(await (await callApi("/v1/models", { signal })).json()).data;
}

/** Totals since the start, or undefined when the service publishes none. */
export async function readLoad(signal?: AbortSignal): Promise<Load | undefined> {
  try {
    return loadOf(await (await callApi("/metrics", { signal })).text());
  } catch {
    return undefined;
  }
}

/** Routes that make a model work; health checks and the console's own look-ups are not anybody's traffic. */
const generating = /completions|responses|embeddings/;

export function loadOf(text: string): Load | undefined {
  const samples = parsePrometheus(text);
  if (
    total(samples, "tugboat_requests_total") === undefined &&
    total(samples, "tugboat_requests_in_flight") === undefined
  ) {
    return undefined;
  }
  const traffic = ({ route }: Readonly<Record<string, string>>) => generating.test(route ?? "");
  const tokens = (wanted: string) => total(samples, "tugboat_tokens_total", ({ kind }) => kind === wanted) ?? 0;
  const ttft = quantile(samples, "tugboat_time_to_first_token_seconds", 0.5);
  return {
    requests: total(samples, "tugboat_requests_total", traffic) ?? 0,
    failed: total(samples, "tugboat_requests_total", (labels) => traffic(labels) && Number(labels.status) >= 500) ?? 0,
    active: total(samples, "tugboat_requests_in_flight") ?? 0,
    promptTokens: tokens("prompt"),
    cachedTokens: tokens("cached"),
    completionTokens: tokens("completion"),
    ...(ttft === undefined ? {} : { ttftMs: ttft * 1000 }),
  };
}
