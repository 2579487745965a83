import type { Message, Parameters } from "./types.ts";

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly parameters: Parameters;
  readonly seed: number;
}

/** Alternatives that are asked for with each token. */
export const alternatives = 5;

/** The request in the API's own words, exactly as it is sent and as the snippets show it. */
export function chatBody({ model, messages, parameters, seed }: ChatRequest) {
  const { frequencyPenalty, presencePenalty, stop, logprobs, format } = parameters;
  return {
    model,
    messages,
    temperature: parameters.temperature,
    top_p: parameters.topP,
    max_tokens: parameters.maxTokens,
    seed,
    ...(frequencyPenalty !== 0 && { frequency_penalty: frequencyPenalty }),
    ...(presencePenalty !== 0 && { presence_penalty: presencePenalty }),
    ...(stop.length > 0 && { stop }),
    ...(logprobs && { logprobs: true, top_logprobs: alternatives }),
    ...(format.type === "json_object" && { response_format: { type: "json_object" } }),
    ...(format.type === "json_schema" && {
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", strict: true, schema: parsed(format.schema) },
      },
    }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** What is wrong with a schema as typed, or nothing. */
export function schemaProblem(text: string): string | undefined {
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return undefined;
  return 'This is not a JSON Schema: an object such as {"type": "object"} is.';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
