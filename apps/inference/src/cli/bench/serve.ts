import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveModel } from "../../domain/models/resolve.ts";
import type { Bench } from "../commands/bench.ts";
import { homeScope, withDatabase } from "../context.ts";
import { ProgressLine } from "../output.ts";
import { type Figure, figure } from "./figures.ts";
import { benchModel } from "./model.ts";
import { randomPrompt } from "./prompts.ts";
import { Side } from "./side.ts";

const sequences = 16;
const promptTokens = 16;
const sharedTokens = 1000;
const floodRequests = 200;
/** Of the light tenant, half of them alone. */
const lightRequests = 12;
const lightPrompt = 64;
const floodPrompt = 24;
const floodAnswer = 32;
/** More than a record of the schema can have. */
const recordTokens = 160;

type Series = Record<"one" | "many" | "scaling", number[]>;

/**
 * What many users at once get: sixteen answers side by side against one, a long prefix that was computed before, and one
 * tenant beside another that floods the engine. All by turns in one run, so that ratios hold on a noisy machine.
 */
export const benchServe: Bench = async (options, context) => {
  const path =
    options.model === undefined
      ? await benchModel(context.env.TUGBOAT_HOME, options.type)
      : await resolveModel(options.model, (read) => withDatabase(context, (database) => read(homeScope(database))));
  const tokens = options.tokens ?? 48;
  const kernelCache = await mkdtemp(join(tmpdir(), "tug-bench-"));
  const { device, threads } = options;
  const line = new ProgressLine();
  const ours = Side.ours("engine-side");
  const peer = options.against === undefined ? undefined : Side.peer("llama.cpp", "llama-cpp.ts", "node-llama-cpp");
  try {
    line.show("loading");
    const contextLength = Math.max(sharedTokens + 64, promptTokens + tokens + 8);
    const loaded = await ours.ask("load", { path, threads, device, contextLength, kernelCache, sequences });
    await peer?.ask("load", { path, threads, contextLength: promptTokens + tokens + 8, sequences });
    const vocabulary = loaded.vocabulary ?? 2;
    let seed = 1;
    const prompts = (count: number, length: number) =>
      Array.from({ length: count }, () => randomPrompt(length, vocabulary, seed++));

    const measured: Series = { one: [], many: [], scaling: [] };
    const peerMeasured: Series = { one: [], many: [], scaling: [] };
    const prefix = { cold: [] as number[], warm: [] as number[], share: [] as number[] };
    const schema = { free: [] as number[], held: [] as number[], share: [] as number[], valid: [] as number[] };
    const tenants = { alone: [] as number[], crowded: [] as number[], step: [] as number[], share: [] as number[] };
    // One more than asked for: the first of each warms up.
    for (let run = 0; run <= options.runs; run++) {
      line.show(`run ${run} of ${options.runs}`);
      for (const [side, series] of [[ours, measured] as const, [peer, peerMeasured] as const]) {
        if (side === undefined) continue;
        const one = await side.ask("batch", { prompts: prompts(1, promptTokens), tokens });
        const many = await side.ask("batch", { prompts: prompts(sequences, promptTokens), tokens });
        if (run > 0) addScaling(series, one.tokensPerSecond ?? 0, many.tokensPerSecond ?? 0);
      }
      const [shared = []] = prompts(1, sharedTokens);
      const [first = [], second = []] = prompts(2, 16).map((own) => [...shared, ...own]);
      const cold = await ours.ask("ttft", { prompt: first, tokens: 1 });
      const warm = await ours.ask("ttft", { prompt: second, tokens: 1 });
      const [task = []] = prompts(1, promptTokens);
      const { free = 0, held = 0 } = await ours.ask("structured", { prompt: task, tokens });
      const { share: valid = 0 } = await ours.ask("valid", {
        prompts: prompts(sequences, promptTokens),
        tokens: recordTokens,
      });
      const flood = await ours.ask("flood", {
        light: prompts(lightRequests, lightPrompt),
        flood: prompts(floodRequests, floodPrompt),
        tokens: floodAnswer,
      });
      if (run === 0) continue;
      schema.free.push(free);
      schema.held.push(held);
      schema.share.push(held / free);
      schema.valid.push(100 * valid);
      prefix.cold.push(cold.ms ?? 0);
      prefix.warm.push(warm.ms ?? 0);
      prefix.share.push((100 * (warm.ms ?? 0)) / (cold.ms ?? 1));
      tenants.alone.push(flood.alone ?? 0);
      tenants.crowded.push(flood.crowded ?? 0);
      tenants.step.push(flood.step ?? 0);
      tenants.share.push((100 * (flood.crowded ?? 0)) / (1.5 * (flood.alone ?? 1) + (flood.step ?? 0)));
    }
    return { figures: figuresOf(measured, peerMeasured, prefix, schema, tenants), device };
  } finally {
    line.clear();
    await Promise.all([ours.end(), peer?.end()]);
    await rm(kernelCache, { recursive: true, force: true });
  }
};

function addScaling(series: Series, one: number, many: number): void {
  series.one.push(one);
  series.many.push(many);
  series.scaling.push(many / one);
}

function figuresOf(
  measured: Series,
  peer: Series,
  prefix: Record<"cold" | "warm" | "share", readonly number[]>,
  schema: Record<"free" | "held" | "share" | "valid", readonly number[]>,
  tenants: Record<"alone" | "crowded" | "step" | "share", readonly number[]>,
): Figure[] {
  return [
    figure("decode, one at a time", "tokens/s", "more", measured.one, peer.one),
    figure(`decode, ${sequences} at once`, "tokens/s", "more", measured.many, peer.many),
    figure(`${sequences} at once ÷ one`, "times", "more", measured.scaling, peer.scaling),
    figure(`first token of ${sharedTokens} + 16 tokens, nothing cached`, "ms", "less", prefix.cold),
    figure(`first token, the ${sharedTokens} cached`, "ms", "less", prefix.warm),
    figure("cached ÷ not", "%", "less", prefix.share),
    figure("decode, free", "tokens/s", "more", schema.free),
    figure("decode, held to a JSON schema", "tokens/s", "more", schema.held),
    figure("held ÷ free", "times", "more", schema.share),
    figure("answers to a JSON schema that are valid, least of all runs", "%", "more", [Math.min(...schema.valid)]),
    figure("light tenant's first token, p95, alone", "ms", "less", tenants.alone),
    figure(`the same beside a flood of ${floodRequests} requests`, "ms", "less", tenants.crowded),
    figure("a long step of the flood", "ms", "less", tenants.step),
    figure("of 1.5 × alone + one step", "%", "less", tenants.share),
  ];
}
