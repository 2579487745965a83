import type { ModelSpeed } from "@tugboat/db";
import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { WorkerRequest } from "../../workers/protocol.ts";

/** A model that is loaded, or loads when asked. */
export interface Measurable {
  ready(): Promise<ModelInfo>;
  /** Leaving the events early stops the work. */
  generate(request: WorkerRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>>;
}

export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** All runs together take no longer, loading apart. */
  readonly budgetMs?: number;
  readonly onStage?: (stage: string) => void;
}

const prefillTokens = 256;
const decodePrompt = 16;
const decodeTokens = 64;
const runs = 3;

/**
 * How fast a model answers alone: tokens per second of reading a prompt (prefill) and of writing (decode), the median of
 * up to three runs each after one that warms up. What the budget cuts short is left out, but for the first run.
 * @throws ServingError when it can't be loaded; the signal's reason
 */
export async function measureSpeed(
  model: Measurable,
  { budgetMs = 20_000, onStage, signal }: MeasureOptions,
): Promise<ModelSpeed> {
  onStage?.("loading the model");
  const info = await model.ready();
  const until = performance.now() + budgetMs;
  const ask = (tokens: number, maxTokens: number, run: number): Promise<Answer> => {
    const prompt = { tokens: spreadTokens(tokens, info.vocabularySize, run) };
    const left = Math.ceil(Math.max(1000, until - performance.now()));
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(left)]);
    return answerOf(model, { prompt, maxTokens, ignoreEos: true, temperature: 0, seed: 1 }, bounded);
  };
  const room = Math.max(2, info.contextLength);
  const prompt = Math.min(prefillTokens, room - 1);
  const short = Math.min(decodePrompt, Math.max(1, Math.floor(room / 4)));
  const written = Math.max(1, Math.min(decodeTokens, room - short));
  onStage?.("warming up");
  await ask(Math.min(8, prompt), 1, 0);
  signal.throwIfAborted();
  const prefill: number[] = [];
  const decode: number[] = [];
  for (let run = 1; run <= runs; run++) {
    if (run > 1 && performance.now() > until) break;
    onStage?.(`run ${run} of ${runs}`);
    const read = await ask(prompt, 1, run);
    if (read.prefillRate !== undefined) prefill.push(read.prefillRate);
    const answer = await ask(short, written, run + runs);
    if (answer.decodeRate !== undefined) decode.push(answer.decodeRate);
    signal.throwIfAborted();
  }
  const decodeTokensPerSecond = median(decode);
  const prefillTokensPerSecond = median(prefill);
  if (decodeTokensPerSecond === undefined || prefillTokensPerSecond === undefined) {
    throw new Error(`${info.name} wrote nothing within ${Math.round(budgetMs / 1000)} s.`);
  }
  const device = info.device.description;
  return { device, decodeTokensPerSecond, prefillTokensPerSecond, measuredAt: new Date() };
}

interface Answer {
  /** Tokens per second; undefined where the time was too short for any. */
  readonly prefillRate: number | undefined;
  readonly decodeRate: number | undefined;
}

async function answerOf(model: Measurable, request: WorkerRequest, signal: AbortSignal): Promise<Answer> {
  const stream = await model.generate(request);
  const leave = () => void stream.return?.();
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  let prefillRate: number | undefined;
  let tokens = 0;
  let firstAt = 0;
  let lastAt = 0;
  try {
    for await (const events of stream) {
      for (const event of events) {
        if (event.type === "token") {
          lastAt = performance.now();
          if (tokens++ === 0) firstAt = lastAt;
        }
        if (event.type === "done" && event.timings.prefillMs > 0) {
          const computed = event.usage.promptTokens - event.usage.cachedTokens;
          prefillRate = (computed * 1000) / event.timings.prefillMs;
          // The engine's own clock, where the answer was finished.
          if (tokens > 1) lastAt = firstAt + event.timings.decodeMs;
        }
      }
    }
  } finally {
    signal.removeEventListener("abort", leave);
  }
  // The first token comes of the prefill.
  const decodeRate = tokens > 1 && lastAt > firstAt ? ((tokens - 1) * 1000) / (lastAt - firstAt) : undefined;
  return { prefillRate, decodeRate };
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Token ids spread over the vocabulary, other ones in each run so that no prefix cache helps. */
function spreadTokens(length: number, vocabulary: number, run: number): number[] {
  // The first ids are control tokens and bytes.
  const first = Math.min(300, Math.floor(vocabulary / 2));
  let state = 0x9e3779b9 ^ Math.imul(run + 1, 7919);
  return Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
    state ^= state >>> 13;
    return first + ((state >>> 0) % (vocabulary - first));
  });
}
