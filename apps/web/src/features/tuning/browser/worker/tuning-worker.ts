import { createDevice, openModelFromFile } from "@tugboat/engine/browser";
import { checkedOf, checkReady, defaultConfig, type Prepared, prepareExamples, withoutTexts } from "@tugboat/tuning";
import { MemoryPlace, runTuning } from "@tugboat/tuning/run";
import { storedModel } from "../../../playground/browser/worker/model-store.ts";
import type { FromWorker, Problem, ToWorker } from "../protocol.ts";
import { blobSamples } from "./blob-samples.ts";

/** A guided fine-tune in a worker of the page. Nothing is sent from here but what the page asks the model's file with. */

const stop = new AbortController();
let prepared: Prepared | undefined;

const say = (message: FromWorker) => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "probe":
      return void probe();
    case "check":
      return void check(data).catch((cause: unknown) => say({ type: "failed", of: "check", ...described(cause) }));
    case "run":
      return void run(data).catch((cause: unknown) => say({ type: "failed", of: "run", ...described(cause) }));
    case "stop":
      return stop.abort();
  }
};

async function probe(): Promise<void> {
  const device = await createDevice("webgpu").catch(() => undefined);
  device?.destroy();
  say({ type: "probed", hasGpu: device !== undefined });
}

async function check({ content, contextLength, mapping, mends }: Extract<ToWorker, { type: "check" }>): Promise<void> {
  prepared = await prepareExamples(await blobSamples(content), { mapping, mends, contextLength });
  say({ type: "checked", checked: checkedOf(prepared) });
}

async function run({ model, wish }: Extract<ToWorker, { type: "run" }>): Promise<void> {
  if (prepared === undefined) return;
  checkReady(prepared);
  const atTimes = throttle();
  const file = await storedModel(model, {
    signal: stop.signal,
    onProgress: (stage, done, total) => atTimes(stage, done >= total, () => say({ type: "load", stage, done, total })),
  });
  const place = new MemoryPlace(() => openModelFromFile(file));
  const { device, instruction, mayForget, minutes } = wish;
  const spec = {
    examples: prepared.examples,
    config: { ...defaultConfig, where: "browser" as const, instruction: instruction.trim() || null, mayForget },
    budgetMs: minutes * 60_000,
    device,
  };
  const { report } = await runTuning(spec, place, {
    stop: stop.signal,
    report: ({ done = 0, etaMs, progress, stage, total = 0 }) =>
      atTimes(stage, done >= total, () => say({ type: "progress", stage, etaMs, progress })),
  });
  const adapter = await place.loadAdapter("adapter");
  if (adapter === undefined) throw new Error("the run left no adapter");
  const { weights } = adapter;
  // The file is stored by its digest here; peft looks for the model by its name.
  const config = { ...adapter.config, base_model_name_or_path: model.name };
  say({ type: "done", report, shared: withoutTexts(report), adapter: { config, weights: Uint8Array.from(weights) } });
}

/** Ten times a second is as often as a person sees it; a new stage and its end are told at once. */
function throttle(): (stage: string, isWhole: boolean, tell: () => void) => void {
  let last = 0;
  let lastStage: string | undefined;
  return (stage, isWhole, tell) => {
    const now = performance.now();
    if (stage === lastStage && now - last < 100 && !isWhole) return;
    last = now;
    lastStage = stage;
    tell();
  };
}

function described(cause: unknown): Problem {
  if (!(cause instanceof Error)) return { message: String(cause) };
  const hint = "hint" in cause && typeof cause.hint === "string" ? cause.hint : undefined;
  const text = cause.message.slice(0, 1).toUpperCase() + cause.message.slice(1);
  return { message: /[.!?]$/.test(text) ? text : `${text}.`, hint };
}
