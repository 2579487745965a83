/** Our side of `tug bench decode` and `prefill`. */
import { type Engine, loadEngine } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { kvCacheBytes } from "@tugboat/kernels";
import { z } from "zod";
import { answer } from "./answering.ts";
import { peakResidentBytes, residentBytes } from "./memory.ts";

const loadSchema = z.object({
  path: z.string(),
  threads: z.number(),
  device: z.enum(["auto", "cpu", "webgpu"]),
  contextLength: z.number(),
  kernelCache: z.string(),
});
const runSchema = z.object({ prompt: z.array(z.number()), tokens: z.number() });

let engine: Engine | undefined;

function loaded(): Engine {
  if (engine === undefined) throw new Error("no model is loaded");
  return engine;
}

/**
 * Times of one greedy generation, until the first token and from there to the end. The end is by our own clock, so that
 * nothing the engine does after its last token is left out.
 */
async function generate(prompt: readonly number[], tokens: number) {
  const start = performance.now();
  let count = 0;
  let firstMs = 0;
  const request = { prompt: { tokens: prompt }, maxTokens: tokens, temperature: 0, ignoreEos: true };
  for await (const event of loaded().generate(request)) {
    if (event.type === "token") count++;
    if (event.type === "done") firstMs = event.timings.ttftMs;
  }
  return { firstMs, decodeMs: performance.now() - start - firstMs, count };
}

answer({
  async load(question) {
    const { path, kernelCache, ...options } = loadSchema.parse(question);
    const baseline = residentBytes();
    const start = performance.now();
    // Weights are read while the program is made: what is left of that time is compiling.
    const at: Record<string, { first: number; last: number }> = {};
    engine = await loadEngine(await openModel(path, { kernelCache }), {
      ...options,
      maxSequences: 1,
      onProgress: (progress) => {
        const now = performance.now();
        at[progress.stage] = { first: at[progress.stage]?.first ?? now, last: now };
      },
    });
    const loadMs = performance.now() - start;
    const spent = (stage: string) => (at[stage]?.last ?? 0) - (at[stage]?.first ?? 0);
    const { info } = engine;
    const { dim, heads, kvHeads, layers } = info;
    const blocks = engine.stats().kvBlocksTotal;
    const { keys, values } = kvCacheBytes({ kvHeads, headDim: dim / heads, blocks, type: "f16" });
    return {
      baseline,
      loadMs,
      compileMs: spent("compile") - spent("read"),
      vocabulary: info.vocabularySize,
      weightBytes: info.bytes,
      kvBytes: (keys + values) * layers,
    };
  },

  async decode(question) {
    const { prompt, tokens } = runSchema.parse(question);
    const { count, decodeMs } = await generate(prompt, tokens);
    return { tokensPerSecond: ((count - 1) / decodeMs) * 1000 };
  },

  async prefill(question) {
    const { prompt } = runSchema.parse(question);
    const { firstMs } = await generate(prompt, 1);
    return { tokensPerSecond: (prompt.length / firstMs) * 1000 };
  },

  async memory() {
    return { peak: peakResidentBytes() };
  },
});
