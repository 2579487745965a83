/**
 * What guessing ahead brings: the same answers with prompt look-up, or with a draft model, and without, by turns in one run,
 * on text that copies its prompt and on text that does not. The tokens must be equal.
 * `npm run bench:speculation -w @tugboat/bench -- --model model.gguf [--draft small.gguf --runs 5 --tokens 96]`
 */
import { parseArgs } from "node:util";
import { type Engine, loadEngine } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { median, type Row, report } from "./report.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    draft: { type: "string" },
    runs: { type: "string", default: "5" },
    tokens: { type: "string", default: "96" },
    threads: { type: "string", default: "2" },
  },
});
if (values.model === undefined) throw new Error("--model is missing");
const [path, runs, tokens] = [values.model, Number(values.runs), Number(values.tokens)];

const open = async (speculation: "off" | "prompt-lookup", draft?: string) =>
  loadEngine(await openModel(path), {
    ...(draft !== undefined && { draft: await openModel(draft) }),
    device: "cpu",
    threads: Number(values.threads),
    maxSequences: 4,
    contextLength: 512,
    prefixCache: false,
    speculation,
  });
const plain = await open("off");
const guessing = await open("prompt-lookup", values.draft);

const passage =
  "The package contains the shared library. It is needed by programs that read and write archives. " +
  "The development files are in another package. ";
interface Task {
  readonly text: string;
  readonly temperature: number;
  readonly logitBias?: Record<string, number>;
}

// No model at hand copies long passages: a bias makes the answer go on with what the prompt ends with, so that every guess
// is right. The arithmetic is that of any other text.
const copied = plain.tokenize(" the", { bos: false }).at(-1) ?? 1;
const texts: Record<string, Task> = {
  "greedy, an answer that only copies (all guesses right)": {
    text: " the".repeat(64),
    temperature: 0,
    logitBias: { [copied]: 100 },
  },
  "greedy, after a text that repeats itself": { text: passage.repeat(4), temperature: 0 },
  "sampled at temperature 1, after a short text": { text: "A small tool to", temperature: 1 },
};

async function measure(engine: Engine, { logitBias, temperature, text }: Task, seed: number) {
  const written: number[] = [];
  let first = 0;
  let last = 0;
  const request = { prompt: { text }, maxTokens: tokens, temperature, seed, ignoreEos: true, logitBias };
  for await (const event of engine.generate(request)) {
    if (event.type !== "token") continue;
    written.push(event.token);
    last = performance.now();
    if (first === 0) first = last;
  }
  return { written, speed: ((tokens - 1) * 1000) / (last - first) };
}

const rows: Row[] = [];
for (const [name, text] of Object.entries(texts)) {
  const [alone, guessed, ratios]: [number[], number[], number[]] = [[], [], []];
  const before = guessing.stats().drafts;
  for (let run = 0; run <= runs; run++) {
    const without = await measure(plain, text, run);
    const having = await measure(guessing, text, run);
    if (String(without.written) !== String(having.written)) throw new Error(`${name}: the texts differ`);
    // The first warms up.
    if (run === 0) continue;
    alone.push(without.speed);
    guessed.push(having.speed);
    ratios.push(having.speed / without.speed);
  }
  const after = guessing.stats().drafts;
  const drafted = after.tokens - before.tokens;
  rows.push(
    { name: `${name}: plain`, unit: "tokens/s", ours: median(alone) },
    { name: `${name}: guessing`, unit: "tokens/s", ours: median(guessed) },
    { name: `${name}: guessing ÷ plain`, unit: "times", ours: median(ratios) },
    {
      name: `${name}: guesses that were right`,
      unit: "%",
      ours: drafted > 0 ? (100 * (after.accepted - before.accepted)) / drafted : 0,
    },
  );
}
await Promise.all([plain.close(), guessing.close()]);
report(rows);
