import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveModel } from "../../domain/models/resolve.ts";
import type { BenchOptions } from "../commands/bench.ts";
import { type CliContext, homeScope, withDatabase } from "../context.ts";
import { ProgressLine, table } from "../output.ts";
import { type Explanation, explain, type Peaks, type Work } from "./explain.ts";
import { type Figure, figure, median } from "./figures.ts";
import { benchModel } from "./model.ts";
import { randomPrompt } from "./prompts.ts";
import { Side, type Values } from "./side.ts";

/** The request that everything is counted for, unless `--tokens` says another answer. */
const promptTokens = 512;
const answerTokens = 64;
const batch = 8;

/** Products whose speed is the machine's: no cache holds the matrix of the one, many rows share each weight in the other. */
const peakProducts = {
  bandwidth: { type: "f32", rows: 1, n: 4096, k: 4096, repeats: 4 },
  arithmetic: { type: "q8_0", rows: 128, n: 2048, k: 2048, repeats: 1 },
} as const;

export interface ServeExplanation extends Explanation {
  readonly peaks: Peaks;
  readonly request: { readonly promptTokens: number; readonly answerTokens: number; readonly batch: number };
  /** Tokens a second of sixteen answers: one process, and the same threads divided among processes by layers. */
  readonly cutting: { readonly whole: number; readonly cut: number; readonly ratio: number };
}

/**
 * Measures each kind of work of a request by itself, says what binds it, and what one more worker of its kind would bring.
 * Cut and whole run by turns.
 */
export async function benchServeExplain(
  options: BenchOptions,
  context: CliContext,
): Promise<{ figures: Figure[]; device: string; explain: ServeExplanation }> {
  const path =
    options.model === undefined
      ? await benchModel(context.env.TUGBOAT_HOME, options.type)
      : await resolveModel(options.model, (read) => withDatabase(context, (database) => read(homeScope(database))));
  const { device, runs, threads } = options;
  const tokens = options.tokens ?? answerTokens;
  const kernelCache = await mkdtemp(join(tmpdir(), "tug-bench-"));
  const line = new ProgressLine();
  const open: Side[] = [];
  const side = (file: Parameters<typeof Side.ours>[0]) => {
    const made = Side.ours(file);
    open.push(made);
    return made;
  };
  try {
    line.show("the machine's peaks");
    const peaks = await peaksOf(side("kernel-side"), { device, threads, runs });
    await endAll(open);

    line.show("stages: loading");
    const stages = side("stage-side");
    const load = { path, threads, device, kernelCache, contextLength: promptTokens + tokens + 8 };
    const model = await stages.ask("load", { ...load, sequences: 2 * batch });
    let seed = 1;
    const prompts = (count: number, length: number) =>
      Array.from({ length: count }, () => randomPrompt(length, model.vocabulary ?? 2, seed++));
    const measured: Values[] = [];
    const handed: Values[] = [];
    for (let run = 0; run <= runs; run++) {
      line.show(`stages: run ${run} of ${runs}`);
      const asked = [...prompts(1, promptTokens), ...prompts(2 * batch, 16)];
      const values = await stages.ask("measure", { prompts: asked, tokens: Math.min(tokens, 24), batch });
      const moved = await stages.ask("handOver", { prompts: prompts(1, promptTokens) });
      // The first warms up.
      if (run === 0) continue;
      measured.push(values);
      handed.push(moved);
    }
    await endAll(open);

    const whole = side("engine-side");
    const cut = side("engine-side");
    line.show("whole and cut: loading");
    await whole.ask("load", { ...load, sequences: 16 });
    await cut.ask("load", { ...load, sequences: 16, stages: { layers: 2, embedding: 0, head: 0 } });
    const speeds = { whole: [] as number[], cut: [] as number[], ratio: [] as number[] };
    for (let run = 0; run <= runs; run++) {
      line.show(`whole and cut: run ${run} of ${runs}`);
      const question = { prompts: prompts(16, 16), tokens: Math.min(tokens, 48) };
      const one = (await whole.ask("batch", question)).tokensPerSecond ?? 0;
      const two = (await cut.ask("batch", question)).tokensPerSecond ?? 0;
      if (run === 0) continue;
      speeds.whole.push(one);
      speeds.cut.push(two);
      speeds.ratio.push(two / one);
    }

    const work = workOf(model, mediansOf(measured), mediansOf(handed), { tokens });
    const [wholeSpeed, cutSpeed, ratio] = [median(speeds.whole), median(speeds.cut), median(speeds.ratio)];
    const cutting = { whole: wholeSpeed ?? 0, cut: cutSpeed ?? 0, ratio: ratio ?? 0 };
    const explained: ServeExplanation = {
      ...explain(peaks, work),
      peaks,
      request: { promptTokens, answerTokens: tokens, batch },
      cutting,
    };
    return { figures: figuresOf(measured, handed, speeds), device, explain: explained };
  } finally {
    line.clear();
    await endAll(open);
    await rm(kernelCache, { recursive: true, force: true });
  }
}

async function endAll(open: Side[]): Promise<void> {
  await Promise.all(open.splice(0).map((side) => side.end()));
}

async function peaksOf(
  side: Side,
  { device, runs, threads }: Pick<BenchOptions, "device" | "runs" | "threads">,
): Promise<Peaks> {
  await side.ask("open", { device, threads });
  const best = async ({ k, n, rows, ...product }: (typeof peakProducts)[keyof typeof peakProducts], amount: number) => {
    let seconds = Number.POSITIVE_INFINITY;
    for (let run = 0; run <= runs; run++) {
      seconds = Math.min(seconds, (await side.ask("product", { k, n, rows, ...product })).seconds ?? seconds);
    }
    return amount / seconds / 1e9;
  };
  const { arithmetic, bandwidth } = peakProducts;
  return {
    bandwidth: await best(bandwidth, bandwidth.n * bandwidth.k * 4),
    arithmetic: await best(arithmetic, 2 * arithmetic.rows * arithmetic.n * arithmetic.k),
  };
}

function mediansOf(all: readonly Values[]): Values {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(all.map((values) => values[name] ?? 0)) ?? 0]));
}

/** What each kind of work does in one run of it: weights are read once for all rows, each weight is used once for each. */
function workOf(model: Values, ms: Values, moved: Values, { tokens }: { tokens: number }): Work[] {
  const of = (values: Values, name: string) => values[name] ?? 0;
  const giga = (value: number) => value / 1e9;
  const cache = promptTokens * of(model, "kvBytes");
  return [
    {
      kind: "embedding",
      ms: of(ms, "embeddingPrefill"),
      operations: 0,
      bytes: giga(promptTokens * of(model, "rowBytes")),
      msPerRequest: of(ms, "embeddingPrefill") + (tokens * of(ms, "embeddingMany")) / batch,
    },
    {
      kind: "layers, prefill",
      ms: of(ms, "layersPrefill"),
      operations: giga(2 * promptTokens * of(model, "layerParameters")),
      bytes: giga(Math.ceil(promptTokens / 256) * of(model, "layerBytes")),
      msPerRequest: of(ms, "layersPrefill"),
    },
    {
      kind: "layers, decode",
      ms: of(ms, "layersMany"),
      operations: giga(2 * batch * of(model, "layerParameters")),
      bytes: giga(of(model, "layerBytes")),
      msPerRequest: (tokens * of(ms, "layersMany")) / batch,
    },
    {
      kind: "head and sampling",
      ms: of(ms, "headMany"),
      operations: giga(2 * batch * of(model, "headParameters")),
      bytes: giga(of(model, "headBytes")),
      msPerRequest: (tokens * of(ms, "headMany")) / batch,
    },
    // Out of one cache, through two processes, into another.
    {
      kind: "hand-over",
      ms: of(moved, "ms"),
      operations: 0,
      bytes: giga(4 * cache),
      msPerRequest: of(moved, "ms"),
    },
  ];
}

function figuresOf(
  measured: readonly Values[],
  handed: readonly Values[],
  speeds: Record<"whole" | "cut" | "ratio", readonly number[]>,
): Figure[] {
  const of = (all: readonly Values[], name: string) => all.map((values) => values[name] ?? 0);
  return [
    figure(`embedding of ${promptTokens} tokens`, "ms", "less", of(measured, "embeddingPrefill")),
    figure(`layers, prefill of ${promptTokens} tokens`, "ms", "less", of(measured, "layersPrefill")),
    figure("layers, decode of one", "ms", "less", of(measured, "layersOne")),
    figure(`layers, decode of ${batch}`, "ms", "less", of(measured, "layersMany")),
    figure("head and sampling of one", "ms", "less", of(measured, "headOne")),
    figure(`head and sampling of ${batch}`, "ms", "less", of(measured, "headMany")),
    figure(`hand-over of ${promptTokens} tokens`, "ms", "less", of(handed, "ms")),
    figure(
      "of which bytes",
      "MB",
      "less",
      of(handed, "bytes").map((bytes) => bytes / 1e6),
    ),
    figure("decode, 16 at once, in one piece", "tokens/s", "more", speeds.whole),
    figure("the same in two processes by layers", "tokens/s", "more", speeds.cut),
    figure("cut ÷ whole", "times", "more", speeds.ratio),
  ];
}

/** The explanation as a person reads it. */
export function explanationText({
  apart,
  binds,
  cutting,
  peaks,
  request,
  slowest,
  together,
  work,
}: ServeExplanation): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const rows = work.map((one) => [
    one.kind,
    one.ms.toPrecision(3),
    percent(one.arithmeticShare),
    percent(one.bandwidthShare),
    one.binds,
    percent(one.share),
    `${one.gain.toFixed(2)} ×`,
  ]);
  return [
    `A request of ${request.promptTokens} tokens and an answer of ${request.answerTokens}, ${request.batch} of them in each step.`,
    `This machine at best: ${peaks.bandwidth.toPrecision(3)} GB/s from memory, ${peaks.arithmetic.toPrecision(3)} GFLOP/s.`,
    "",
    table(["", "ms a run", "of arithmetic", "of bandwidth", "short of", "of a request", "one more brings"], rows),
    `What holds a request up most is ${slowest}, which is short of ${binds === "neither" ? "neither: it waits for dispatches and the host" : binds}.`,
    `One worker that does everything takes ${together.toPrecision(3)} requests a second; one machine like this for each kind of work, ${apart.toPrecision(3)}.`,
    "`One more brings` holds where each kind has a machine like this. On this machine alone the workers share what is short: dividing them brings nothing but order.",
    `Cut in two processes by layers, with the same threads: ${percent(cutting.ratio)} of the tokens a second in one piece (${cutting.cut.toPrecision(3)} and ${cutting.whole.toPrecision(3)}).`,
    "",
  ].join("\n");
}
