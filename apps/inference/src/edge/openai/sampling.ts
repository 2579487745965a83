import type { WorkerRequest } from "../../workers/protocol.ts";
import type { GenerationParameters } from "./parameters.ts";

type Sampling = Omit<WorkerRequest, "prompt" | "maxTokens" | "logprobs">;

/** OpenAI's parameters as the engine's. A `top_k` of -1 means off, as in vLLM. */
export function toSampling(body: GenerationParameters): Sampling {
  return {
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k === undefined ? undefined : Math.max(0, body.top_k),
    minP: body.min_p,
    repetitionPenalty: body.repetition_penalty,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    logitBias: body.logit_bias && Object.fromEntries(Object.entries(body.logit_bias).map(([id, b]) => [Number(id), b])),
    stop: typeof body.stop === "string" ? [body.stop] : body.stop,
    // The engine's seeds are 32 bits; OpenAI's any integer.
    seed: body.seed === undefined ? undefined : ((body.seed % 2 ** 32) + 2 ** 32) % 2 ** 32,
    n: body.n,
    ignoreEos: body.ignore_eos,
  };
}
