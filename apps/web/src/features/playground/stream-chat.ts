import { ask, RequestError } from "../service/request.ts";
import { readEvents, readText } from "./sse.ts";
import type { Message, Parameters } from "./types.ts";

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly parameters: Parameters;
  readonly seed: number;
}

export type ChatEvent =
  | { readonly type: "open"; readonly requestId: string | undefined }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "finish"; readonly reason: string }
  | {
      readonly type: "usage";
      readonly promptTokens: number;
      readonly completionTokens: number;
      readonly cachedTokens: number;
    };

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  } | null;
  readonly error?: { readonly message?: string; readonly code?: string };
}

/** The request in the API's own words; also what the snippets show. */
export function chatBody({ model, messages, parameters, seed }: ChatRequest) {
  return {
    model,
    messages,
    temperature: parameters.temperature,
    top_p: parameters.topP,
    max_tokens: parameters.maxTokens,
    seed,
  };
}

/**
 * Asks for one streamed answer.
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
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error) {
      throw new RequestError(response.status, {
        code: chunk.error.code ?? "stream-error",
        message: chunk.error.message ?? "The service reported an error in the middle of the answer.",
      });
    }
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) yield { type: "text", text: choice.delta.content };
    if (choice?.finish_reason) {
      finished = true;
      yield { type: "finish", reason: choice.finish_reason };
    }
    if (chunk.usage) {
      yield {
        type: "usage",
        promptTokens: chunk.usage.prompt_tokens,
        completionTokens: chunk.usage.completion_tokens,
        cachedTokens: chunk.usage.prompt_tokens_details?.cached_tokens ?? 0,
      };
    }
  }
  if (!finished) throw brokenOff();
}

function brokenOff(): RequestError {
  return new RequestError(0, {
    code: "stream-cut",
    message: "The answer broke off before it was finished.",
    hint: "The service may have been restarted. Try again.",
  });
}
