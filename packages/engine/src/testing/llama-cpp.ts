import { getLlama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";

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

export async function openLlamaCpp(path: string, contextSize = 512): Promise<LlamaCpp> {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
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
  const evaluate = async (tokens: readonly number[], from: number) => {
    const results = await sequence.controlledEvaluate(
      tokens.map((token, i) => [
        // node-llama-cpp brands its token numbers.
        token as Token,
        i < from ? {} : { generateNext: { logits: true, options: { temperature: 0 } } },
      ]),
    );
    return results.slice(from).map((result) => {
      const row = new Float64Array(model.fileInfo.metadata.tokenizer.ggml.tokens.length);
      for (const [token, logit] of result?.next.logits ?? []) row[token] = logit;
      return row;
    });
  };
  return {
    model,
    async logits(tokens) {
      await sequence.clearHistory();
      return evaluate(tokens, 0);
    },
    async greedy(tokens, count) {
      await sequence.clearHistory();
      const out: number[] = [];
      let next = tokens;
      while (out.length < count) {
        const [row] = await evaluate(next, next.length - 1);
        if (!row) throw new Error("llama.cpp gave no logits");
        const best = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
        out.push(best);
        next = [best];
      }
      return out;
    },
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}
