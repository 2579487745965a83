import { z } from "zod";
import { EngineError } from "../errors.ts";

/** How one token is chosen. Every field is set; the defaults change nothing. */
export interface SamplingParameters {
  /** 0: the likeliest token always. */
  readonly temperature: number;
  /** 0: off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly logitBias: ReadonlyMap<number, number>;
}

/** The likeliest token, nothing changed. */
export const greedySampling: SamplingParameters = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  logitBias: new Map(),
};

/** How a request wants its text, checked. */
export interface GenerationParameters {
  readonly sampling: SamplingParameters;
  /** Undefined: as many as the context holds. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  /** 32 bits. */
  readonly seed: number;
  /** Alternatives reported with each token; undefined: no log-probabilities. */
  readonly logprobs: number | undefined;
  readonly n: number;
  readonly ignoreEos: boolean;
}

/** Most stop strings of a request, and characters of one. */
const STOPS = 64;
const STOP_LENGTH = 1_000;
/** Most entries of `logitBias`. */
const BIASES = 1_024;

const schema = z.object({
  maxTokens: z.number().int().min(1).optional(),
  temperature: z.number().min(0).max(100).default(1),
  topK: z.number().int().min(0).default(0),
  topP: z.number().min(0).max(1).default(1),
  minP: z.number().min(0).max(1).default(0),
  repetitionPenalty: z.number().positive().max(100).default(1),
  frequencyPenalty: z.number().min(-2).max(2).default(0),
  presencePenalty: z.number().min(-2).max(2).default(0),
  logitBias: z.record(z.string(), z.number().min(-100).max(100)).default({}),
  stop: z.array(z.string().min(1).max(STOP_LENGTH)).max(STOPS).default([]),
  seed: z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).optional(),
  logprobs: z.number().int().min(0).max(20).optional(),
  n: z.number().int().min(1).default(1),
  ignoreEos: z.boolean().default(false),
});

/** The fields of a request that say how, not what. */
export type GenerationOptions = z.input<typeof schema>;

/**
 * Checks a request against the model that will answer it.
 * @throws EngineError `bad-request` that names the field.
 */
export function parseGenerationOptions(
  options: unknown,
  limits: { readonly vocabularySize: number; readonly maxSequences: number },
): GenerationParameters {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badRequest(issue?.path.join(".") || "request", issue?.message ?? "not allowed");
  }
  const { temperature, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty } = parsed.data;
  const { maxTokens, stop, logprobs, n, ignoreEos } = parsed.data;
  if (n > limits.maxSequences) throw badRequest("n", `${n} choices, this engine runs ${limits.maxSequences} at once`);
  const logitBias = new Map<number, number>();
  for (const [key, bias] of Object.entries(parsed.data.logitBias)) {
    const token = Number(key);
    if (!Number.isInteger(token) || token < 0 || token >= limits.vocabularySize) {
      throw badRequest("logitBias", `${key} is not a token id below ${limits.vocabularySize}`);
    }
    logitBias.set(token, bias);
  }
  if (logitBias.size > BIASES) throw badRequest("logitBias", `${logitBias.size} entries, ${BIASES} are allowed`);
  return {
    sampling: { temperature, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty, logitBias },
    maxTokens,
    stop,
    seed: (parsed.data.seed ?? Math.floor(Math.random() * 2 ** 31)) >>> 0,
    logprobs,
    n,
    ignoreEos,
  };
}

function badRequest(field: string, what: string): EngineError {
  return new EngineError("bad-request", `${field}: ${what}`, `Change ${field} and send the request again.`);
}
