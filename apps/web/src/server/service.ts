import type {
  HealthBody,
  HealthModel,
  LocalModelBody,
  ModelListBody,
  RoutedModelBody,
} from "@tugboat/inference/client";
import { z } from "zod";
import type { Load, ModelCard, ModelState, NamedCard } from "../features/service/types.ts";
import { callApi } from "./api.ts";
import { parsePrometheus, quantile, total } from "./prometheus.ts";

const state = z.enum(["idle", "loading", "ready", "restarting", "failed", "closed"]);
const count = z.number().nonnegative();

// What the console reads of the service's answers; typed against them, so that a change there is an error here.
const health = z.object({
  status: z.enum(["ok", "degraded", "starting", "unavailable", "stopping"]),
  version: z.string(),
  uptimeSeconds: count,
  device: z.object({ kind: z.enum(["cpu", "webgpu"]), description: z.string(), threads: count }).nullable(),
  models: z.array(
    z.object({
      id: z.string(),
      state,
      progress: z.object({ stage: z.enum(["read", "compile", "warm"]), done: count, total: count }).optional(),
      error: z.string().optional(),
      restarts: count,
      inFlight: count.optional(),
    }),
  ),
}) satisfies z.ZodType<HealthBody>;

const listed = { id: z.string(), object: z.literal("model"), created: z.number(), owned_by: z.string() };

const model = z.object({
  ...listed,
  tugboat: z.object({
    kind: z.literal("model"),
    state,
    architecture: z.string(),
    parameters: count,
    contextLength: count,
    quantisation: z.string(),
    bytes: count,
    licence: z.string().nullable(),
    isDefault: z.boolean(),
    chat: z.boolean().optional(),
  }),
}) satisfies z.ZodType<LocalModelBody>;

const routed = z.object({
  ...listed,
  tugboat: z.object({
    kind: z.enum(["alias", "upstream"]),
    state: z.enum(["ready", "failed"]),
    targets: z.array(z.object({ name: z.string(), share: count })).optional(),
  }),
}) satisfies z.ZodType<RoutedModelBody>;

const modelList = z.object({
  object: z.literal("list"),
  data: z.array(z.union([model, routed])),
}) satisfies z.ZodType<ModelListBody>;

/** @throws ApiError when the service does not answer. */
export async function readHealth(signal?: AbortSignal): Promise<HealthBody> {
  // 503 says that it can't serve yet, and why, in the same shape.
  return health.parse(await (await callApi("/health", { signal, accept: [503] })).json());
}

/** @throws ApiError when the service does not answer, or nobody is signed in. */
export async function readModels(browser: Headers, signal?: AbortSignal): Promise<ModelListBody> {
  return modelList.parse(await (await callApi("/v1/models", { from: browser, signal })).json());
}

const states: Readonly<Record<HealthModel["state"], ModelState>> = {
  ready: "ready",
  loading: "loading",
  restarting: "loading",
  failed: "failed",
  idle: "idle",
  closed: "idle",
};

const stages = { read: "reading the file", compile: "compiling kernels", warm: "warming up" } as const;

/** A catalog entry together with what the model is doing now. */
export function modelCard({ id, tugboat }: LocalModelBody, now: HealthModel | undefined): ModelCard {
  const { licence, chat, kind: _, state: listed, ...facts } = tugboat;
  return {
    ...facts,
    id,
    state: states[now?.state ?? listed],
    detail: detailOf(now),
    licence: licence ?? undefined,
    hasChatTemplate: chat,
  };
}

/** Whether it is a model of this installation, not a name that leads elsewhere. */
export function isLocal(body: LocalModelBody | RoutedModelBody): body is LocalModelBody {
  return body.tugboat.kind === "model";
}

export function namedCard({ id, tugboat }: RoutedModelBody): NamedCard {
  return { id, ...tugboat };
}

function detailOf(now: HealthModel | undefined): string | undefined {
  if (now?.state === "restarting") return `Its worker died and is being restarted. ${now.error ?? ""}`.trim();
  if (now?.state === "loading" && now.progress) {
    const { stage, done, total: all } = now.progress;
    return `${stages[stage]}${all > 0 ? `, ${Math.floor((100 * done) / all)} %` : ""}`;
  }
  return now?.error;
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
  if (!samples.some(({ name }) => name.startsWith("tugboat_"))) return undefined;
  const traffic = ({ route }: Readonly<Record<string, string>>) => generating.test(route ?? "");
  const tokens = (wanted: string) => total(samples, "tugboat_tokens_total", ({ kind }) => kind === wanted) ?? 0;
  const ttft = (q: number) => {
    const seconds = quantile(samples, "tugboat_time_to_first_token_seconds", q);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  return {
    requests: total(samples, "tugboat_requests_total", traffic) ?? 0,
    failed: total(samples, "tugboat_requests_total", (labels) => traffic(labels) && Number(labels.status) >= 500) ?? 0,
    active: total(samples, "tugboat_requests_in_flight") ?? 0,
    promptTokens: tokens("prompt"),
    cachedTokens: tokens("cached"),
    completionTokens: tokens("completion"),
    ttftMs: ttft(0.5),
    ttftP95Ms: ttft(0.95),
  };
}
