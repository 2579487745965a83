/** Our side of `tug bench decode`, `prefill` and `serve`. */
import { type Constraint, type Engine, loadEngine } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { kvCacheBytes } from "@tugboat/kernels";
import { z } from "zod";
import { openStaged } from "../../workers/stages/staged-engine.ts";
import { answer } from "./answering.ts";
import { peakResidentBytes, residentBytes } from "./memory.ts";

const loadSchema = z.object({
  path: z.string(),
  threads: z.number(),
  device: z.enum(["auto", "cpu", "webgpu"]),
  contextLength: z.number(),
  kernelCache: z.string(),
  sequences: z.number().default(1),
  /** Cut into processes. */
  stages: z.object({ layers: z.number(), embedding: z.number(), head: z.number() }).optional(),
});
const runSchema = z.object({ prompt: z.array(z.number()), tokens: z.number() });
const batchSchema = z.object({ prompts: z.array(z.array(z.number())), tokens: z.number() });
const floodSchema = z.object({
  light: z.array(z.array(z.number())),
  flood: z.array(z.array(z.number())),
  tokens: z.number(),
});

let engine: Engine | undefined;

function die(what: string): void {
  console.error(what);
  process.exit(1);
}

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

interface StreamOptions {
  readonly tenant?: string;
  readonly constraint?: Constraint;
  readonly signal?: AbortSignal | undefined;
}

const queues = ["billing", "bug", "how-to", "other"] as const;

function recordSchema(note: object) {
  return {
    type: "object",
    properties: {
      queue: { enum: queues },
      urgent: { type: "boolean" },
      score: { type: "integer", minimum: 0, maximum: 100 },
      note,
    },
    required: ["queue", "urgent", "score", "note"],
    additionalProperties: false,
  };
}

/** Records without end, so that an answer is cut by its length and not by its schema. */
const records: Constraint = {
  kind: "json-schema",
  schema: { type: "array", minItems: 200, items: recordSchema({ type: "string" }) },
};

/** A record that comes to its end, and another reader of it. */
const record: Constraint = { kind: "json-schema", schema: recordSchema({ type: "string", maxLength: 12 }) };
const isRecord = z.strictObject({
  queue: z.enum(queues),
  urgent: z.boolean(),
  score: z.int().min(0).max(100),
  note: z.string().refine((note) => [...note].length <= 12),
});

/** What a model that knows nothing writes when it is held to the record's schema. */
async function writtenRecord(prompt: readonly number[], tokens: number, seed: number): Promise<string> {
  let text = "";
  const request = { prompt: { tokens: prompt }, maxTokens: tokens, temperature: 1, seed, constraint: record };
  for await (const event of loaded().generate(request)) if (event.type === "token") text += event.text;
  return text;
}

function isValid(text: string): boolean {
  try {
    return isRecord.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** When each answer began and ended, of several at once. */
async function stream(prompt: readonly number[], tokens: number, more: StreamOptions = {}) {
  let first = 0;
  let last = 0;
  let cached = 0;
  let gap = 0;
  const { signal, ...terms } = more;
  const request = { prompt: { tokens: prompt }, maxTokens: tokens, temperature: 0, ignoreEos: true, ...terms };
  for await (const event of loaded().generate(request, { signal })) {
    if (event.type === "start") cached = event.cachedTokens;
    if (event.type !== "token") continue;
    const now = performance.now();
    if (last > 0) gap = Math.max(gap, now - last);
    last = now;
    if (first === 0) first = last;
  }
  return { first, last, cached, gap };
}

/** The time to the first token of each prompt, sent one after another. */
async function firstTokens(prompts: readonly (readonly number[])[], tenant: string): Promise<number[]> {
  const times = [];
  for (const prompt of prompts) {
    const start = performance.now();
    const { first } = await stream(prompt, 1, { tenant });
    times.push(first - start);
  }
  return times;
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0;
}

answer({
  async load(question) {
    const { path, kernelCache, sequences, stages, ...options } = loadSchema.parse(question);
    const baseline = residentBytes();
    const start = performance.now();
    const at: Record<string, { first: number; last: number }> = {};
    const source = await openModel(path, { kernelCache });
    const onProgress = ({ stage }: { readonly stage: string }) => {
      const now = performance.now();
      at[stage] = { first: at[stage]?.first ?? now, last: now };
    };
    const load = { ...options, maxSequences: sequences };
    engine = stages
      ? (await openStaged(source, { path, kernelCache, options: load, stages }, onProgress, die)).engine
      : await loadEngine(source, { ...load, onProgress });
    const loadMs = performance.now() - start;
    const spent = (stage: string) => (at[stage]?.last ?? 0) - (at[stage]?.first ?? 0);
    const { info } = engine;
    const { dim, heads, kvHeads, layers } = info;
    const blocks = engine.stats().kvBlocksTotal;
    const { keys, values } = kvCacheBytes({ kvHeads, headDim: dim / heads, blocks, type: "f16" });
    return {
      baseline,
      loadMs,
      compileMs: spent("compile"),
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

  /** From when all of them decode to the end of the last. */
  async batch(question) {
    const { prompts, tokens } = batchSchema.parse(question);
    const answers = await Promise.all(prompts.map((prompt) => stream(prompt, tokens)));
    const start = Math.max(...answers.map(({ first }) => first));
    const end = Math.max(...answers.map(({ last }) => last));
    return { tokensPerSecond: (prompts.length * (tokens - 1) * 1000) / (end - start) };
  },

  /** The same answer free, and held to a schema. */
  async structured(question) {
    const { prompt, tokens } = runSchema.parse(question);
    const speed = ({ first, last }: { first: number; last: number }) => ((tokens - 1) * 1000) / (last - first);
    const free = speed(await stream(prompt, tokens));
    return { free, held: speed(await stream(prompt, tokens, { constraint: records })) };
  },

  /** How many of the answers to these prompts, sampled to their end, are what their schema asks. */
  async valid(question) {
    const { prompts, tokens } = batchSchema.parse(question);
    const texts = await Promise.all(prompts.map((prompt, seed) => writtenRecord(prompt, tokens, seed)));
    return { share: texts.filter(isValid).length / texts.length };
  },

  async ttft(question) {
    const { prompt } = runSchema.parse(question);
    const start = performance.now();
    const { cached, first } = await stream(prompt, 1);
    return { ms: first - start, cached };
  },

  /** One tenant sends a few requests alone, then the same while another has sent many at once. */
  async flood(question) {
    const { flood, light, tokens } = floodSchema.parse(question);
    const half = Math.floor(light.length / 2);
    const alone = await firstTokens(light.slice(0, half), "light");
    const stops = flood.map(() => new AbortController());
    const gaps: number[] = [];
    const flooding = flood.map((prompt, i) => stream(prompt, tokens, { tenant: "flood", signal: stops[i]?.signal }));
    // Its first answers are on their way.
    await Promise.race(flooding);
    const crowded = await firstTokens(light.slice(half), "light");
    for (const stop of stops) stop.abort();
    for (const { gap } of await Promise.all(flooding)) if (gap > 0) gaps.push(gap);
    // A step gives each of its sequences a token: the typical longest pause of the flood's answers is a long step.
    const step = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
    return { alone: p95(alone), crowded: p95(crowded), step };
  },

  async memory() {
    return { peak: peakResidentBytes() };
  },
});
