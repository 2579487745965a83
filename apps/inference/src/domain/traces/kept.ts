import type { KeptTrace, SpanAttributes, SpanInfo, TraceStatus, UsageEvent } from "@tugboat/db";
import { timeOfRequestId } from "../usage/request-id.ts";
import { keepsBodies, type TracePolicy } from "./policy.ts";
import { keptJson, redactText } from "./redact.ts";
import { newSpanId, type RecordedSpan, type TraceBuilder } from "./trace-builder.ts";

/** A request that has ended, as the edge hands it over. */
export interface EndedRequest {
  readonly id: string;
  readonly requestId: string;
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly userId: string | null;
  readonly kind: string;
  readonly alias: string | undefined;
  readonly target: string | undefined;
  readonly attempts: number;
  readonly httpStatus: number;
  readonly outcome: "done" | "aborted" | "error";
  readonly durationMs: number;
  /** Undefined for what was never accounted for: it was refused. */
  readonly event: UsageEvent | undefined;
  readonly timings: { readonly queueMs: number; readonly prefillMs: number; readonly decodeMs: number } | undefined;
  /** Where the answer came from; undefined: as its cached tokens say. */
  readonly cache?: "hit" | "semantic" | "prefix" | "miss" | undefined;
  /** Tokens of the answer that were guessed and verified, and how many were right. */
  readonly draft?: { readonly tokens: number; readonly accepted: number } | undefined;
  /** When the model was asked, in ms from the arrival. */
  readonly askedAtMs: number | undefined;
  readonly trace: TraceBuilder;
}

/** The service that the edge's spans happened in, as OpenTelemetry names it. */
export const ownService = "tugboat";

const operations: Readonly<Record<string, string>> = {
  chat: "chat",
  response: "chat",
  completion: "text_completion",
  embedding: "embeddings",
};

export function traceHexOf({ id, trace }: Pick<EndedRequest, "id" | "trace">): string {
  return trace.parent?.traceHex ?? id.replaceAll("-", "");
}

/** What is kept of a request under its project's policy. Names follow OpenTelemetry's conventions for generative AI. */
export function keptTrace(request: EndedRequest, operation: string, policy: TracePolicy): KeptTrace {
  const { event, trace } = request;
  const at = timeOfRequestId(request.id);
  const status = statusOf(request);
  const bodies = keepsBodies(policy, request.id);
  const input = trace.input;
  const spans = [root(request, operation, status), ...trace.spans, ...modelSpans(request)];
  const traceHex = traceHexOf(request);
  const beginning = bodies ? firstWords(input) : undefined;
  const preview = beginning === undefined ? null : policy.redact ? redactText(beginning) : beginning;
  return {
    trace: {
      id: request.id,
      at,
      organizationId: request.organizationId,
      projectId: request.projectId,
      apiKeyId: request.apiKeyId,
      userId: request.userId,
      requestId: request.requestId,
      traceHex,
      kind: event?.kind ?? request.kind,
      model: event?.model ?? trace.asked.slice(0, 200),
      target: event?.target ?? request.target ?? "",
      alias: request.alias ?? null,
      status,
      httpStatus: request.httpStatus,
      error: trace.problem?.code ?? null,
      cache:
        request.cache === "hit" || request.cache === "semantic"
          ? request.cache
          : (event?.cachedTokens ?? 0) > 0
            ? "prefix"
            : "miss",
      inputTokens: (event ?? trace.parts)?.inputTokens ?? 0,
      cachedTokens: event?.cachedTokens ?? 0,
      outputTokens: (event ?? trace.parts)?.outputTokens ?? 0,
      ttftUs: event?.ttftUs ?? null,
      queueUs: event?.queueUs ?? null,
      durationUs: micros(request.durationMs),
      amountPicoUsd: (event ?? trace.parts)?.amountPicoUsd ?? 0n,
      preview: preview === null ? null : preview.slice(0, 160),
    },
    spans: spans.map((span) => stored(span, at, traceHex, trace)),
    body:
      bodies && input !== undefined
        ? {
            input: keptJson(input, policy.redact),
            output: keptJson(answer(request), policy.redact),
            redacted: policy.redact,
          }
        : undefined,
  };
}

function statusOf({ event, httpStatus, outcome }: EndedRequest): TraceStatus {
  if (outcome === "aborted") return "aborted";
  if (httpStatus >= 400 && httpStatus < 500) return "refused";
  return httpStatus >= 500 || outcome === "error" || event?.status === "error" ? "error" : "done";
}

function root(request: EndedRequest, operation: string, status: TraceStatus): RecordedSpan {
  const { event, trace } = request;
  const said = typeof trace.input === "object" && trace.input !== null ? trace.input : {};
  const number = (name: string) => {
    const value = Object.entries(said).find(([key]) => key === name)?.[1];
    return typeof value === "number" ? value : undefined;
  };
  const finishes = trace.heard.choices.flatMap(({ finish }) => (finish === undefined ? [] : [finish]));
  const attributes = defined({
    "gen_ai.operation.name": operations[operation] ?? operation,
    "gen_ai.provider.name": ownService,
    "gen_ai.request.model": trace.asked.slice(0, 200) || undefined,
    "gen_ai.response.model": event?.target,
    "gen_ai.usage.input_tokens": event?.inputTokens,
    "gen_ai.usage.output_tokens": event?.outputTokens,
    "gen_ai.response.finish_reasons": finishes.length > 0 ? finishes : undefined,
    "gen_ai.request.temperature": number("temperature"),
    "gen_ai.request.top_p": number("top_p"),
    "gen_ai.request.max_tokens": number("max_completion_tokens") ?? number("max_tokens"),
    "gen_ai.request.seed": number("seed"),
    "http.response.status_code": request.httpStatus,
    "error.type": trace.problem?.code,
    "error.message": trace.problem?.message,
    "tugboat.cached_tokens": event?.cachedTokens,
    "tugboat.cost_pico_usd": event === undefined ? undefined : String(event.amountPicoUsd),
    "tugboat.alias": request.alias,
    "tugboat.attempts": request.attempts > 1 ? request.attempts : undefined,
    "tugboat.status": status,
  });
  const name = `${operations[operation] ?? operation} ${trace.asked.slice(0, 200)}`.trim();
  const { durationMs } = request;
  const failed = status === "error" || status === "refused";
  return { id: trace.rootId, parentId: undefined, name, startMs: 0, durationMs, failed, attributes };
}

/** What the one who answered tells of its time: waiting, reading the prompt, writing. */
function modelSpans({ askedAtMs, draft, durationMs, event, timings, trace }: EndedRequest): RecordedSpan[] {
  if (timings === undefined || askedAtMs === undefined) return [];
  const span = (name: string, startMs: number, ms: number, attributes: SpanAttributes): RecordedSpan => ({
    id: newSpanId(),
    parentId: undefined,
    name,
    startMs,
    durationMs: Math.max(0, Math.min(ms, durationMs - startMs)),
    failed: false,
    attributes,
  });
  const { queueMs, prefillMs, decodeMs } = timings;
  const moments = trace.heard.moments;
  return [
    span("queue", askedAtMs, queueMs, {}),
    span(
      "prefill",
      askedAtMs + queueMs,
      prefillMs,
      defined({ "gen_ai.usage.input_tokens": event?.inputTokens, "tugboat.cached_tokens": event?.cachedTokens }),
    ),
    span(
      "decode",
      askedAtMs + queueMs + prefillMs,
      decodeMs,
      defined({
        "gen_ai.usage.output_tokens": event?.outputTokens,
        "tugboat.draft_tokens": draft?.tokens,
        "tugboat.draft_accepted": draft?.accepted,
        "tugboat.tokens_at_ms": moments.length > 1 ? moments.map(([ms]) => ms) : undefined,
        "tugboat.tokens": moments.length > 1 ? moments.map(([, tokens]) => tokens) : undefined,
      }),
    ),
  ];
}

function stored(span: RecordedSpan, at: Date, traceHex: string, trace: TraceBuilder): SpanInfo {
  const startUs = micros(span.startMs);
  const isRoot = span.id === trace.rootId;
  return {
    traceHex,
    spanId: span.id,
    parentId: isRoot ? (trace.parent?.spanId ?? null) : (span.parentId ?? trace.rootId),
    at: new Date(at.getTime() + Math.floor(startUs / 1000)),
    atUs: startUs % 1000,
    durationUs: micros(span.durationMs),
    name: span.name.slice(0, 250),
    service: ownService,
    failed: span.failed,
    attributes: span.attributes,
  };
}

/** The answer's choices; for what said nothing, its error. */
function answer({ trace }: EndedRequest): unknown {
  const { choices } = trace.heard;
  if (choices.length === 0) return trace.problem === undefined ? [] : { error: trace.problem };
  return choices.map(({ calls, content, finish }) => ({
    content,
    ...(calls.length > 0 && { toolCalls: calls }),
    ...(finish !== undefined && { finish }),
  }));
}

/** What a person recognises a request by: the last thing that its user said. */
function firstWords(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const of = new Map<string, unknown>(Object.entries(input));
  const messages = of.get("messages");
  const said = Array.isArray(messages) ? lastOfUser(messages) : (of.get("prompt") ?? of.get("input"));
  const text = textOf(said).replace(/\s+/g, " ").trim();
  return text === "" ? undefined : text.slice(0, 400);
}

function lastOfUser(messages: readonly unknown[]): unknown {
  const asked = messages.findLast((one) => Object(one).role === "user") ?? messages.at(-1);
  return Object(asked).content;
}

function textOf(said: unknown): string {
  if (typeof said === "string") return said;
  // A task's input: its fields.
  if (!Array.isArray(said))
    return Object.values(Object(said))
      .filter((one) => typeof one === "string")
      .join(" ");
  return said.map((part) => (typeof part === "string" ? part : String(Object(part).text ?? ""))).join(" ");
}

function defined(attributes: Readonly<Record<string, SpanAttributes[string] | undefined>>): SpanAttributes {
  const entries = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

function micros(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms * 1000)) : 0;
}
