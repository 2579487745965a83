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
import { Side, type Values } from "./side.ts";

const promptTokens = 16;

/** Decode or prefill speed of a model, with its memory and load times; against llama.cpp when asked. */
export function benchModelSpeed(kind: "decode" | "prefill"): Bench {
  return async (options, context) => {
    const path =
      options.model === undefined
        ? await benchModel(context.env.TUGBOAT_HOME, options.type)
        : await resolveModel(options.model, (read) => withDatabase(context, (database) => read(homeScope(database))));
    const tokens = options.tokens ?? (kind === "decode" ? 64 : 512);
    const contextLength = kind === "decode" ? promptTokens + tokens + 8 : tokens + 8;
    // Its own, and new: the first load shows what compiling costs.
    const kernelCache = await mkdtemp(join(tmpdir(), "tug-bench-"));
    const settings = { path, threads: options.threads, device: options.device, contextLength, kernelCache };
    const line = new ProgressLine();
    const ours = Side.ours("engine-side");
    const peer = options.against === undefined ? undefined : Side.peer("llama.cpp", "llama-cpp.ts", "node-llama-cpp");
    try {
      line.show("loading");
      const loaded = await ours.ask("load", settings);
      const peerLoaded = await peer?.ask("load", settings);
      const measured: number[] = [];
      const peerMeasured: number[] = [];
      // One more than asked for: the first of each warms up.
      for (let run = 0; run <= options.runs; run++) {
        line.show(`run ${run} of ${options.runs}`);
        const prompt = randomPrompt(kind === "decode" ? promptTokens : tokens, loaded.vocabulary ?? 2, run);
        const mine = await ours.ask(kind, { prompt, tokens });
        const theirs = await peer?.ask(kind, { prompt, tokens });
        if (run === 0) continue;
        measured.push(mine.tokensPerSecond ?? 0);
        if (theirs) peerMeasured.push(theirs.tokensPerSecond ?? 0);
      }
      const figures = [
        figure(`${kind} of ${tokens} tokens`, "tokens/s", "more", measured, peerMeasured),
        ...memoryFigures(loaded, await ours.ask("memory"), peerLoaded, await peer?.ask("memory")),
        ...(await loadFigures(loaded, peerLoaded, settings)),
      ];
      return { figures, device: options.device };
    } finally {
      line.clear();
      await Promise.all([ours.end(), peer?.end()]);
      await rm(kernelCache, { recursive: true, force: true });
    }
  };
}

/** Peak resident memory less what the process had before loading; and what of ours is neither weights nor KV cache. */
function memoryFigures(loaded: Values, after: Values, peerLoaded?: Values, peerAfter?: Values): Figure[] {
  const grown = (before: Values, end: Values) => ((end.peak ?? 0) - (before.baseline ?? 0)) / 1e6;
  const mine = grown(loaded, after);
  const theirs = peerLoaded && peerAfter ? [grown(peerLoaded, peerAfter)] : [];
  const [weights, kv] = [(loaded.weightBytes ?? 0) / 1e6, (loaded.kvBytes ?? 0) / 1e6];
  return [
    figure("memory: peak over start", "MB", "less", [mine], theirs),
    figure("memory: weights", "MB", "less", [weights]),
    figure("memory: KV cache", "MB", "less", [kv]),
    figure("memory: beyond weights and KV cache", "MB", "less", [Math.max(0, mine - weights - kv)]),
  ];
}

/** The first load in a fresh cache compiles every pipeline; a second process finds them. */
async function loadFigures(loaded: Values, peerLoaded: Values | undefined, settings: object): Promise<Figure[]> {
  const again = Side.ours("engine-side");
  try {
    const second = await again.ask("load", settings);
    return [
      figure("load", "ms", "less", [second.loadMs ?? 0], peerLoaded ? [peerLoaded.loadMs ?? 0] : []),
      figure("pipelines compiled, this run's first load", "ms", "less", [loaded.compileMs ?? 0]),
      figure("pipelines compiled, again", "ms", "less", [second.compileMs ?? 0]),
    ];
  } finally {
    await again.end();
  }
}
