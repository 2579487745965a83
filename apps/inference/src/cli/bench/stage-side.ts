/** Our side of `tug bench serve --explain`: a model in three stages on one device, each of which is timed. */
import {
  type Engine,
  joinStages,
  modelAnatomy,
  openStage,
  type Stage,
  type StageAnswer,
  type StageCommand,
  type StageWorker,
  stagesOf,
} from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { z } from "zod";
import { giveHandOver, takeHandOvers } from "../../workers/pools/hand-over.ts";
import { answer } from "./answering.ts";
import { median } from "./figures.ts";

const loadSchema = z.object({
  path: z.string(),
  threads: z.number(),
  device: z.enum(["auto", "cpu", "webgpu"]),
  contextLength: z.number(),
  kernelCache: z.string(),
  sequences: z.number(),
});
const measureSchema = z.object({ prompts: z.array(z.array(z.number())), tokens: z.number(), batch: z.number() });

type Part = "embedding" | "layers" | "head";

interface Timing {
  readonly part: Part;
  /** `moves`: keys and values that are read or written. */
  readonly what: "decode" | "prefill" | "moves";
  readonly rows: number;
  readonly ms: number;
}

let timings: Timing[] = [];
/** One stage at a time: they share a device, and none is to be charged for another's work. */
let turn: Promise<unknown> = Promise.resolve();

function timed(worker: StageWorker, part: Part): StageWorker {
  const run = async (commands: readonly StageCommand[]): Promise<StageAnswer> => {
    const begin = performance.now();
    const result = await worker.run(commands);
    const ms = performance.now() - begin;
    for (const command of commands) {
      if (command.op === "read-blocks" || command.op === "write-blocks")
        timings.push({ part, what: "moves", rows: command.blocks.length, ms });
      if (command.op !== "run") continue;
      const { decodeTiles, rows, samples } = command.shape;
      const what = decodeTiles === rows ? "decode" : "prefill";
      timings.push({ part, what, rows: part === "head" ? samples : rows, ms });
    }
    return result;
  };
  return {
    facts: worker.facts,
    close: () => worker.close(),
    run: (commands) => {
      const answered = turn.then(() => run(commands));
      turn = answered.catch(() => {});
      return answered;
    },
  };
}

function partOf({ embedding, layers }: Stage): Part {
  if (layers > 0) return "layers";
  return embedding ? "embedding" : "head";
}

let engine: Engine | undefined;

function loaded(): Engine {
  if (engine === undefined) throw new Error("no model is loaded");
  return engine;
}

async function generate(prompt: readonly number[], tokens: number): Promise<void> {
  const request = { prompt: { tokens: prompt }, maxTokens: tokens, temperature: 0, ignoreEos: true };
  for await (const _ of loaded().generate(request));
}

/** The times of one kind of run, in ms. */
function timesOf(part: Part, what: Timing["what"], rows?: number): number[] {
  return timings.flatMap((one) =>
    one.part === part && one.what === what && (rows === undefined || one.rows === rows) ? [one.ms] : [],
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

answer({
  async load(question) {
    const { path, kernelCache, sequences, threads, device: kind, contextLength } = loadSchema.parse(question);
    const source = await openModel(path, { kernelCache });
    const { dim, headDim, kvHeads, layers, parts, tiedEmbeddings } = await modelAnatomy(source.files);
    const device = await source.createDevice(kind, { threads });
    const options = { device, contextLength, maxSequences: sequences };
    const groups = [];
    for (const stage of await stagesOf(source, { layers: 1, embedding: true, head: true })) {
      groups.push({ stage, workers: [timed(await openStage(source, stage, options), partOf(stage))] });
    }
    engine = await joinStages(source, groups, options);
    const of = (name: string) => parts.find(({ part }) => part === name) ?? { bytes: 0, parameters: 0 };
    const head = of(tiedEmbeddings ? "embedding" : "output");
    return {
      vocabulary: engine.info.vocabularySize,
      layerBytes: of("attention").bytes + of("feed-forward").bytes,
      layerParameters: of("attention").parameters + of("feed-forward").parameters,
      headBytes: head.bytes,
      headParameters: head.parameters,
      rowBytes: dim * 4,
      // Keys and values of one token in f16.
      kvBytes: layers * kvHeads * headDim * 2 * 2,
    };
  },

  /** Medians of each stage: a long prompt, one answer alone, and a batch. All in ms. */
  async measure(question) {
    const { batch, prompts, tokens } = measureSchema.parse(question);
    const [prompt = [], ...others] = prompts;
    timings = [];
    await generate(prompt, 1);
    const prefill = (part: Part) => sum(timesOf(part, "prefill"));
    const values = { embeddingPrefill: prefill("embedding"), layersPrefill: prefill("layers") };
    timings = [];
    await generate(others[0] ?? [], tokens);
    const alone = { layersOne: median(timesOf("layers", "decode", 1)), headOne: median(timesOf("head", "decode", 1)) };
    timings = [];
    // Two steps are under way at a time, each with half of the answers.
    await Promise.all(others.slice(0, 2 * batch).map((one) => generate(one, tokens)));
    return {
      ...values,
      layersOne: alone.layersOne ?? 0,
      headOne: alone.headOne ?? 0,
      layersMany: median(timesOf("layers", "decode", batch)) ?? 0,
      headMany: median(timesOf("head", "decode", batch)) ?? 0,
      embeddingMany: median(timesOf("embedding", "decode", batch)) ?? 0,
    };
  },

  /** A prompt that was read, over the loopback interface into another scope of the same cache. */
  async handOver(question) {
    const { prompts } = measureSchema.pick({ prompts: true }).parse(question);
    const takes = await takeHandOvers(loaded());
    try {
      const [prompt = []] = prompts;
      timings = [];
      const { handOver } = await loaded().prefill({ prompt: { tokens: prompt } });
      if (handOver === undefined) throw new Error("there is nothing to hand over");
      const readMs = sum(timesOf("layers", "moves"));
      const begin = performance.now();
      const taken = await giveHandOver(takes.address, { ...handOver, scope: `${handOver.scope} again ${begin}` });
      return { ms: readMs + performance.now() - begin, bytes: handOver.data.length, taken };
    } finally {
      takes.close();
    }
  },
});
