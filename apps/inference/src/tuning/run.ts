import { loadEngine, modelAnatomy } from "@tugboat/engine";
import { openModel, readCheckpointFile, saveAdapter } from "@tugboat/engine/node";
import { TuningError } from "../domain/tuning/errors.ts";
import { retentionTexts } from "../domain/tuning/general-text.ts";
import type { RunProgress, RunReport } from "../domain/tuning/report.ts";
import { fewestExamples } from "../domain/tuning/samples.ts";
import { TimeBudget } from "../domain/tuning/time-budget.ts";
import { measureBaselines, scoreOf } from "./baselines.ts";
import { maxRows, RunContext, type Told } from "./context.ts";
import { intervalOf, makeReport } from "./make-report.ts";
import { writeMerged } from "./merged-file.ts";
import { bitsPerByte, likeliestLabels, writtenAnswers } from "./predict.ts";
import type { RunSpec } from "./protocol.ts";
import { type Measured, readState } from "./state.ts";
import { Texts } from "./texts.ts";
import { bestOf, checkpointName, runTrials } from "./trials.ts";

export interface RunOptions {
  /** Ends the trials; the report is made of the best so far. */
  readonly stop: AbortSignal;
  readonly report: (progress: Told & { readonly progress: RunProgress }) => void;
}

/**
 * One guided fine-tune, from examples to a report, an adapter and a merged model file. Goes on from what its folder holds.
 * @throws TuningError, EngineError, FormatError
 */
export async function runTuning(spec: RunSpec, options: RunOptions): Promise<{ report: RunReport; modelFile: string }> {
  if (spec.examples.length < fewestExamples) {
    throw new TuningError("too-few", `There are ${spec.examples.length} examples.`, `Give at least ${fewestExamples}.`);
  }
  const state = await readState(spec.folder);
  const budget = new TimeBudget(spec.budgetMs, state.spentMs);
  const source = await openModel(spec.modelPath, { kernelCache: spec.kernelCache });
  try {
    const { trainedContext } = await modelAnatomy(source.files);
    const texts = new Texts(source.files, Math.min(maxRows, trainedContext));
    const context = new RunContext({
      spec,
      state,
      budget,
      source,
      texts,
      stop: options.stop,
      tell: (
        { state: now },
        told, // At most what is left of the time; while it trains, what the plan says.
      ) => options.report({ etaMs: budget.leftMs, ...told, progress: progressOf(now, spec, budget) }),
    });
    context.tell({ stage: "splitting the examples" });
    const before = budget.spentMs;
    await measureBaselines(context);
    // Asking the tuned model takes as long as asking the untuned one did, at most; writing the files a little more.
    const reserveMs = Math.min(spec.budgetMs * 0.3, (budget.spentMs - before) * 0.6 + 4000);
    await runTrials(context, await widthOf(context), reserveMs);
    const { trial, steps } = bestOf(state.trials, spec.config);
    trial.state = "best";
    await context.save();
    return await finish(context, trial.id, steps);
  } finally {
    await source.files.close();
  }
}

async function finish(context: RunContext, id: string, steps: number) {
  const { spec, state, texts } = context;
  const trial = state.trials.find((one) => one.id === id)!;
  context.tell({ stage: "examining the best on the held-out examples" });
  const trainer = await context.openTrainer(trial);
  try {
    const bytes = await readCheckpointFile(context.path(checkpointName(id, steps)));
    if (bytes === undefined) throw new Error(`the checkpoint of trial ${id} at step ${steps} is gone`);
    await trainer.restore(bytes);
    const retentionAfter = await bitsPerByte(trainer, texts, retentionTexts, false);
    const prompts = context.heldOut.map((example) => context.prompt(example));
    const said =
      context.kind === "labels"
        ? (await likeliestLabels(trainer, texts, prompts, context.labels, { frozen: false })).map(
            (position) => context.labels[position]!,
          )
        : await writtenByTuned(context, await trainer.merged(), prompts);
    const tuned: Measured = {
      name: "tuned",
      answers: said.map((text, i) => ({ text, score: scoreOf(context, text, context.heldOut[i]!.output) })),
    };
    context.tell({ stage: "writing the adapter and the model" });
    const adapter = context.path("adapter");
    await saveAdapter(adapter, await trainer.exportAdapter());
    const modelFile = context.path(`${spec.name}-q8_0.gguf`);
    await writeMerged(await trainer.merged(), modelFile, spec.name);
    const seconds = context.budget.spentMs / 1000;
    const report = makeReport(context, { tuned, trial, steps, retentionAfter, adapter, seconds });
    await context.save();
    return { report, modelFile };
  } finally {
    await trainer.close();
  }
}

async function writtenByTuned(
  context: RunContext,
  merged: Awaited<ReturnType<Awaited<ReturnType<RunContext["openTrainer"]>>["merged"]>>,
  prompts: readonly (readonly number[])[],
): Promise<string[]> {
  const { device, threads } = context.spec;
  const engine = await loadEngine(merged, { device, threads, maxSequences: 1 });
  try {
    return await writtenAnswers(engine, prompts, Math.ceil(context.answerTokens * 1.5) + 1, (done) =>
      context.tell({ stage: "examining the best on the held-out examples", done, total: prompts.length }),
    );
  } finally {
    await engine.close();
  }
}

/** Of the hidden state. */
async function widthOf({ source }: RunContext): Promise<number> {
  const { dim } = await modelAnatomy(source.files);
  return dim;
}

function progressOf(state: RunContext["state"], spec: RunSpec, budget: TimeBudget): RunProgress {
  return {
    baselines: state.baselines.map((one) => ({ name: one.name, ...intervalOf(one, "labels") })),
    trials: state.trials,
    samples: state.samples,
    spentMs: budget.spentMs,
    budgetMs: spec.budgetMs,
  };
}
