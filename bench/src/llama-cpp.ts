/** llama.cpp on the CPU, through node-llama-cpp: the peer of `tug bench decode`, `prefill` and `serve`. */
import { readFileSync } from "node:fs";
import { getLlama, type LlamaContext, type LlamaContextSequence, type LlamaModel, type Token } from "node-llama-cpp";
import { answer, number, numbers, text } from "./answering.ts";

interface Loaded {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly sequence: LlamaContextSequence;
  readonly others: readonly LlamaContextSequence[];
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
    const sequences = "sequences" in question ? number(question, "sequences") : 1;
    const context = await model.createContext({
      contextSize: contextLength,
      batchSize: Math.min(512, contextLength),
      sequences,
      threads: { ideal: threads, min: threads },
    });
    const others = () => Array.from({ length: sequences - 1 }, () => context.getSequence());
    loaded = { model, context, sequence: context.getSequence(), others: others() };
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

  /** Its own continuous batching: sequences of one context, evaluated at once. From when all decode to the last one's end. */
  async batch(question) {
    const { prompts } = question;
    if (!Array.isArray(prompts) || loaded === undefined) throw new Error("prompts: an array is needed");
    const tokens = number(question, "tokens");
    const all = [loaded.sequence, ...loaded.others];
    const answers = prompts.map(async (prompt: number[], i) => {
      const sequence = all[i]!;
      await sequence.clearHistory();
      let [first, last, count] = [0, 0, 0];
      const ids = prompt.map((id) => id as Token);
      for await (const _ of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
        last = performance.now();
        if (count === 0) first = last;
        if (++count === tokens) break;
      }
      return { first, last };
    });
    const done = await Promise.all(answers);
    const start = Math.max(...done.map(({ first }) => first));
    const end = Math.max(...done.map(({ last }) => last));
    return { tokensPerSecond: (prompts.length * (tokens - 1) * 1000) / (end - start) };
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
