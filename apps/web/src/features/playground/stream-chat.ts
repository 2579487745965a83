import { z } from "zod";
import { ask, RequestError } from "../service/request.ts";
import { type ChatRequest, chatBody } from "./chat-body.ts";
import type { ChatEvent } from "./chat-event.ts";
import { readEvents, readText } from "./sse.ts";
import type { TokenLikelihood } from "./types.ts";

const token = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.number()).nullish(),
  top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })).nullish(),
});

/** What is read of a chunk; upstreams leave much of it out. */
const chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        logprobs: z.object({ content: z.array(token).nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
  /** What Tugboat says beside OpenAI's fields, in the last chunk. */
  tugboat: z.object({ cost_micro_usd: z.number().nonnegative().nullish() }).nullish(),
  error: z.object({ message: z.string().nullish(), code: z.string().nullish() }).nullish(),
});

/**
 * Asks the service for one streamed answer.
 * @throws RequestError when it is refused, breaks off, or the service reports an error in the middle of the stream.
 */
export async function* streamChat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const response = await ask("/api/chat", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(chatBody(request)),
    signal,
  });
  yield { type: "open", requestId: response.headers.get("x-request-id") ?? undefined };
  if (!response.body) throw brokenOff();
  let finished = false;
  for await (const data of readEvents(readText(response.body))) {
    if (data === "[DONE]") return;
    for (const event of eventsOf(data, response.status)) {
      finished ||= event.type === "finish";
      yield event;
    }
  }
  if (!finished) throw brokenOff();
}

/** @throws RequestError when it is an error, or no chunk. */
export function eventsOf(data: string, status = 200): ChatEvent[] {
  const parsed = chunk.safeParse(jsonOf(data));
  if (!parsed.success) {
    const message = "The service sent something that is no answer.";
    throw new RequestError(status, { code: "stream-damaged", message, hint: "Try again; its log may say more." });
  }
  const { choices, error, tugboat, usage } = parsed.data;
  if (error) {
    throw new RequestError(status, {
      code: error.code ?? "stream-error",
      message: error.message ?? "The service reported an error in the middle of the answer.",
    });
  }
  const events: ChatEvent[] = [];
  const choice = choices?.[0];
  if (choice?.delta?.content) events.push({ type: "text", text: choice.delta.content });
  const tokens = choice?.logprobs?.content ?? [];
  if (tokens.length > 0) events.push({ type: "tokens", tokens: tokens.map(likelihood) });
  if (choice?.finish_reason) events.push({ type: "finish", reason: choice.finish_reason });
  if (usage) {
    events.push({
      type: "usage",
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    });
  }
  if (typeof tugboat?.cost_micro_usd === "number") events.push({ type: "cost", microUsd: tugboat.cost_micro_usd });
  return events;
}

function likelihood({ token: text, logprob, bytes, top_logprobs }: z.output<typeof token>): TokenLikelihood {
  const top = (top_logprobs ?? []).map((one) => ({ text: one.token, logprob: one.logprob }));
  return { text, bytes: bytes ?? [], logprob, top };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function brokenOff(): RequestError {
  return new RequestError(0, {
    code: "stream-cut",
    message: "The answer broke off before it was finished.",
    hint: "The service may have been restarted. Try again.",
  });
}
