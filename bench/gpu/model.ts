import { loadEngine } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import type { Device } from "@tugboat/kernels";

export interface Decoding {
  readonly text: string;
  readonly tokens: number;
  /** After the first token, by our own clock. */
  readonly tokensPerSecond: number;
  /** Milliseconds of one decoding step: everything between two tokens. */
  readonly stepMs: number;
}

const PROMPT = "Once upon a time";

/** Greedy tokens of one sequence: the second time of two, when nothing is left to warm up. */
export async function decode(path: string, device: Device | "cpu", tokens: number): Promise<Decoding> {
  const engine = await loadEngine(await openModel(path), { device, maxSequences: 1 });
  try {
    let result: Decoding | undefined;
    for (let round = 0; round < 2; round++) {
      let text = "";
      let count = 0;
      let first = 0;
      const request = { prompt: { text: PROMPT }, maxTokens: tokens, temperature: 0, ignoreEos: true };
      for await (const event of engine.generate(request)) {
        if (event.type === "token" && count++ === 0) first = performance.now();
        if (event.type === "token" || event.type === "finish") text += event.text;
      }
      const stepMs = (performance.now() - first) / (count - 1);
      result = { text, tokens: count, tokensPerSecond: 1000 / stepMs, stepMs };
    }
    if (result === undefined) throw new Error("nothing was generated");
    return result;
  } finally {
    await engine.close();
  }
}
