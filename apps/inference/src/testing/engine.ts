import type { Engine, GenerateEvent, GenerateRequest, KvHandOver, ModelInfo } from "@tugboat/engine";
import { EngineError } from "@tugboat/engine";

export const testInfo: ModelInfo = {
  name: "words",
  architecture: "llama",
  parameters: 1000,
  contextLength: 512,
  trainedContextLength: 512,
  vocabularySize: 256,
  quantisation: "f32",
  bytes: 4000,
  layers: 1,
  dim: 8,
  heads: 2,
  kvHeads: 2,
  hasChatTemplate: true,
  device: {
    kind: "cpu",
    description: "test",
    threads: 1,
    features: new Set(),
    workgroupSize: 1,
    maxBufferSize: 1,
    maxWorkgroupMemory: 1,
  },
};

export interface WordsEngine extends Engine {
  /** Requests in the order in which they came. */
  readonly requests: GenerateRequest[];
  /** Prompts that it read alone, and what it took over from others. */
  readonly prefilled: GenerateRequest[];
  readonly taken: KvHandOver[];
  /** Tokens produced so far, over all requests. */
  produced: number;
  cancelled: number;
}

/**
 * An engine that answers `word0 word1 …`, one a tick, until `maxTokens` or `words`. It stands where timing, cancellation
 * and failure of an engine must be in the test's hands; the real one is under test in the integration tests.
 */
export function wordsEngine({
  words = 20,
  pauseMs = 0,
  cachedTokens = 0,
}: {
  words?: number;
  pauseMs?: number;
  cachedTokens?: number;
} = {}): WordsEngine {
  const engine: WordsEngine = {
    info: testInfo,
    requests: [],
    prefilled: [],
    taken: [],
    produced: 0,
    cancelled: 0,
    tokenize: (text) => [...Buffer.from(text)],
    detokenize: (tokens) => Buffer.from(tokens).toString(),
    renderChat: (messages) => messages.map(({ content }) => String(content)).join("\n"),
    declarePrefix: () => ({ tokens: 0, release: () => {} }),
    logits: async () => new Float32Array(),
    embed: async (tokens) => Float32Array.of(tokens.length),
    score: async (tokens, options) => new Float64Array(tokens.length - (options?.from ?? 1)).fill(-1),
    openAdapter: async (id, read) => {
      await read();
      return { id, release: () => {} };
    },
    stats: () => ({
      running: 0,
      waiting: 0,
      kvBlocksUsed: 0,
      kvBlocksTotal: 8,
      kvBlocksCached: 0,
      promptTokens: 0,
      cachedTokens: 0,
      tokensPerSecond: 0,
      steps: 0,
      preemptions: 0,
      drafts: { tokens: 0, accepted: 0 },
      swap: { blocks: 0, saved: 0, loaded: 0 },
      adapters: { loaded: 0, inUse: 0, bytes: 0, loads: 0, evictions: 0 },
    }),
    close: async () => {},
    async prefill(request) {
      const text = promptText(request);
      engine.prefilled.push(request);
      const tokens = Int32Array.from({ length: text.length - (text.length % 16) });
      const handOver = { scope: request.cacheScope ?? "", tokens, layout: "words", data: new Uint8Array(64) };
      return { handOver, promptTokens: text.length, cachedTokens, queueMs: 1, prefillMs: 2 };
    },
    async takeOver(handOver) {
      engine.taken.push(handOver);
      return handOver.tokens.length;
    },
    async *generate(request, options): AsyncGenerator<GenerateEvent> {
      engine.requests.push(request);
      const text = promptText(request);
      if (text.length > testInfo.contextLength) {
        throw new EngineError("context-overflow", "the prompt is too long", "Shorten it.");
      }
      yield { type: "start", promptTokens: text.length, cachedTokens, seed: request.seed ?? 1 };
      const choices = request.n ?? 1;
      const count = Math.min(request.maxTokens ?? words, words);
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
        if (options?.signal?.aborted) {
          engine.cancelled++;
          return;
        }
        for (let choice = 0; choice < choices; choice++) {
          engine.produced++;
          const word = `word${i} `;
          yield {
            type: "token",
            choice,
            token: i,
            text: word,
            ...(request.logprobs !== undefined && { logprobs: wordLogprobs(word, i, request.logprobs) }),
          };
        }
      }
      for (let choice = 0; choice < choices; choice++) {
        yield { type: "finish", choice, reason: count < words ? "length" : "stop", text: "" };
      }
      yield {
        type: "done",
        usage: { promptTokens: text.length, completionTokens: count * choices, cachedTokens },
        timings: { queueMs: 1, prefillMs: 2, ttftMs: 3, decodeMs: 4, tokensPerSecond: 5 },
      };
    },
  };
  return engine;
}

function promptText({ prompt }: GenerateRequest): string {
  if ("text" in prompt) return prompt.text;
  if ("tokens" in prompt) return Buffer.from(prompt.tokens).toString("latin1");
  return prompt.messages.map(({ content }) => String(content)).join("\n");
}

function wordLogprobs(text: string, token: number, top: number) {
  const entry = { token, text, bytes: [...Buffer.from(text)], logprob: -0.5 };
  return { ...entry, top: Array.from({ length: top }, (_, i) => ({ ...entry, logprob: -0.5 - i })) };
}
