/** llama.cpp on the CPU, through node-llama-cpp: the peer of `tug bench decode` and `prefill`. */
import { readFileSync } from "node:fs";
import { getLlama, type LlamaContext, type LlamaContextSequence, type LlamaModel, type Token } from "node-llama-cpp";
import { answer, number, numbers, text } from "./answering.ts";

interface Loaded {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly sequence: LlamaContextSequence;
}

let loaded: Loaded | undefined;

function sequenceOf(): LlamaContextSequence {
  if (loaded === undefined) throw new Error("no model is loaded");
  return loaded.sequence;
}

function residentBytes(): number {
  const [, pages = "0"] = readFileSync("/proc/self/statm", "utf8").split(" ");
  return Number(pages) * 4096;
}

answer({
  async load(question) {
    const threads = number(question, "threads");
    const llama = await getLlama({ gpu: false, build: "never", maxThreads: threads });
    const baseline = residentBytes();
    const start = performance.now();
    const model = await llama.loadModel({ modelPath: text(question, "path") });
    const contextLength = number(question, "contextLength");
    const context = await model.createContext({
      contextSize: contextLength,
      batchSize: Math.min(512, contextLength),
      sequences: 1,
      threads: { ideal: threads, min: threads },
    });
    loaded = { model, context, sequence: context.getSequence() };
    return { baseline, loadMs: performance.now() - start };
  },

  async decode(question) {
    const sequence = sequenceOf();
    await sequence.clearHistory();
    const prompt = numbers(question, "prompt").map((id) => id as Token);
    const tokens = number(question, "tokens");
    let first = 0;
    let last = 0;
    let count = 0;
    // Greedy, and on past an end-of-text token, as ours.
    for await (const _ of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      last = performance.now();
      if (count === 0) first = last;
      if (++count === tokens) break;
    }
    return { tokensPerSecond: ((count - 1) / (last - first)) * 1000, tokens: count };
  },

  async prefill(question) {
    const sequence = sequenceOf();
    await sequence.clearHistory();
    const prompt = numbers(question, "prompt").map((id) => id as Token);
    const start = performance.now();
    // The first generated token, as ours.
    for await (const _ of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) break;
    return { tokensPerSecond: (prompt.length / (performance.now() - start)) * 1000 };
  },

  async memory() {
    return { peak: process.resourceUsage().maxRSS * 1024 };
  },
});
