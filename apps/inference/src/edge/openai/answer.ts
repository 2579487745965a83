import { randomUUID } from "node:crypto";
import { version } from "../../env.ts";
import type { Answering, FinishEvent, Usage } from "./generation.ts";

export const systemFingerprint = `tugboat_${version}`;

/** What every answer and chunk of one request begins with. */
export interface Envelope {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

export function envelope(prefix: "chatcmpl" | "cmpl", model: string): Envelope {
  return { id: `${prefix}-${randomUUID().replaceAll("-", "")}`, created: Math.floor(Date.now() / 1000), model };
}

export function usageBody({ promptTokens, completionTokens, cachedTokens }: Usage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

export function finishReason({ reason }: FinishEvent): "stop" | "length" | "tool_calls" {
  if (reason === "tool-calls") return "tool_calls";
  return reason === "length" ? "length" : "stop";
}

/** Where an answer came from: given before, its prompt's beginning computed before, or neither. */
export function cacheOf({
  cachedTokens,
  source,
}: Pick<Answering, "cachedTokens" | "source">): "hit" | "semantic" | "prefix" | "miss" {
  if (source !== "computed") return source;
  return cachedTokens > 0 ? "prefix" : "miss";
}

/** Headers that an answer carries; a stream's are sent before its decode ends, so they lack it. */
export function answerHeaders(generation: Answering): Record<string, string> {
  const { timings } = generation;
  const spans = timings
    ? { queue: timings.queueMs, prefill: timings.prefillMs, decode: timings.decodeMs }
    : { queue: generation.queueMs, prefill: generation.firstMs - generation.queueMs };
  const timing = Object.entries(spans).map(([name, ms]) => `${name};dur=${Math.max(0, ms).toFixed(1)}`);
  return {
    "server-timing": timing.join(", "),
    "x-tugboat-cache": cacheOf(generation),
  };
}
