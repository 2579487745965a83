import { getLlama, type Llama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";

/** llama.cpp on the CPU, as the oracle of tests. */
export interface LlamaCpp {
  readonly model: LlamaModel;
  /** Logits after each token of the text, `[tokens][vocabulary]`, with an f32 cache and plain attention. */
  logits(tokens: readonly number[]): Promise<Float64Array[]>;
  /** Greedy continuation. Does not stop at ends of text. */
  greedy(tokens: readonly number[], count: number): Promise<number[]>;
  close(): Promise<void>;
}

/** GGML_TYPE_F32. */
const F32 = "F32";

let library: Promise<Llama> | undefined;

export async function openLlamaCpp(path: string, contextSize = 512): Promise<LlamaCpp> {
  library ??= getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
  const llama = await library;
  const model = await llama.loadModel({ modelPath: path, useMmap: false });
  const context = await model.createContext({
    contextSize,
    batchSize: contextSize,
    flashAttention: false,
    swaFullCache: true,
    threads: 2,
    experimentalKvCacheKeyType: F32,
    experimentalKvCacheValueType: F32,
  });
  const sequence = context.getSequence();
  const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  return {
    model,
    async logits(tokens) {
      await sequence.clearHistory();
      const results = await sequence.controlledEvaluate(
        // node-llama-cpp brands its token numbers.
        tokens.map((token) => [token as Token, { generateNext: { logits: true, options: { temperature: 0 } } }]),
      );
      return results.map((result) => {
        const row = new Float64Array(vocabulary);
        for (const [token, logit] of result?.next.logits ?? []) row[token] = logit;
        return row;
      });
    },
    async greedy(tokens, count) {
      await sequence.clearHistory();
      const out: number[] = [];
      let next = tokens.map((token) => token as Token);
      while (out.length < count) {
        const before = next.slice(0, -1);
        const last = next.at(-1)!;
        const results = await sequence.controlledEvaluate([
          ...before,
          [last, { generateNext: { token: true, options: { temperature: 0 } } }],
        ]);
        const token = results.at(-1)?.next.token;
        if (token === undefined || token === null) throw new Error("llama.cpp gave no token");
        out.push(token);
        next = [token];
      }
      return out;
    },
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}
