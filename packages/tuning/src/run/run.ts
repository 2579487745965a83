import { modelAnatomy, type Trainer } from "@tugboat/engine";
import { contentHash } from "../content-hash.ts";
import { TuningError } from "../errors.ts";
import { stepsAfter } from "../pace.ts";
import type { RunProgress, RunReport } from "../report.ts";
import { fewestExamples } from "../samples.ts";
import { TimeBudget } from "../time-budget.ts";
import { measureBaselines } from "./baselines.ts";
import { adapterName, choosingFit, maxRows, RunContext, type Told } from "./context.ts";
import { again, type FitJob, fit } from "./fits.ts";
import { intervalOf, makeReport } from "./make-report.ts";
import { measureRetention, type Retention } from "./retention.ts";
import type { RunPlace, RunSpec } from "./spec.ts";
import { type Fit, readState } from "./state.ts";
import { Texts } from "./texts.ts";
import { margin } from "./time-left.ts";
import { bestOf, checkpointName, runTrials } from "./trials.ts";

export interface RunOptions {
  /** Ends the trials; the report is made of the best so far. */
  readonly stop: AbortSignal;
  readonly report: (progress: Told & { readonly progress: RunProgress }) => void;
}

/**
 * One guided fine-tune, from examples to a report, an adapter and a merged model. Goes on from what its place holds.
 * @throws TuningError, EngineError, FormatError
 */
export async function runTuning(
  spec: RunSpec,
  place: RunPlace,
  options: RunOptions,
): Promise<{ report: RunReport; modelFile: string }> {
  if (spec.examples.length < fewestExamples) {
    throw new TuningError("too-few", `There are ${spec.examples.length} examples.`, `Give at least ${fewestExamples}.`);
  }
  const state = await readState(place);
  const budget = new TimeBudget(spec.budgetMs, state.spentMs);
  const source = await place.openModel();
  try {
    const { dim, trainedContext } = await modelAnatomy(source.files);
    const texts = new Texts(source.files, Math.min(maxRows, trainedContext));
    const context = new RunContext({
      spec,
      place,
      state,
      budget,
      source,
      texts,
      stop: options.stop,
      // At most what is left of the time; while it trains, what the plan says.
      tell: ({ state: now }, told) =>
        options.report({ etaMs: budget.leftMs, ...told, progress: progressOf(now, spec, budget) }),
    });
    context.tell({ stage: "splitting the examples" });
    const before = budget.spentMs;
    await measureBaselines(context);
    // Asking the tuned model takes as long as asking the untuned one did, at most; writing the files a little more.
    const reserveMs = Math.min(spec.budgetMs * 0.3, (budget.spentMs - before) * 0.6 + 4000);
    await runTrials(context, dim, reserveMs);
    const best = bestOf(state.trials, spec.config);
    best.trial.state = "best";
    state.fitSteps ??= fitSteps(context, best);
    await context.save();
    return await finish(context, { trial: best.trial, steps: state.fitSteps });
  } finally {
    await source.files.close();
  }
}

/** Of the time that is left, for the trainings that follow; the rest is for asking and writing. */
const trainingShare = 0.85;

function fitSteps({ budget, fitsAfter, pace, state }: RunContext, best: Best): number {
  const longest = state.plan?.rungs.at(-1) ?? best.steps;
  return stepsAfter({
    wanted: best.steps,
    longest,
    areTrialsWhole: state.trials.some(({ rungs }) => rungs.some(({ steps }) => steps === longest)),
    leftMs: budget.leftMs * trainingShare,
    stepMs: pace.stepMs ?? state.plan?.stepMs ?? 0,
    fits: fitsAfter,
  });
}

type Best = ReturnType<typeof bestOf>;

/** Trains each part for itself where there are few examples, measures, and writes the model that learnt from all. */
async function finish(context: RunContext, best: Best) {
  const { state } = context;
  if (context.isCrossValidated) {
    await keepChoosing(context, best);
    for (const job of partJobs(context, best)) await fit(context, best, job);
  }
  const whole = context.isCrossValidated ? await wholeJob(context) : await heldOutJob(context, best);
  let outcome: Outcome | undefined;
  const finished = await fit(context, best, whole, async (trainer) => {
    outcome = await writeOutcome(context, trainer);
  });
  if (outcome === undefined) {
    // The time ended before everything was learnt: the last part's model, of which the report tells too.
    const job = partJobs(context, best).findLast(({ name }) =>
      state.fits.some((one) => one.name === name && one.isDone),
    );
    if (job !== undefined) {
      await fit(context, best, job, async (trainer) => {
        outcome = await writeOutcome(context, trainer);
      });
    }
  }
  if (outcome === undefined) throw ranAway();
  await measureCurve(context, best);
  await repeat(context, best);
  const done = context.isCrossValidated ? state.fits.filter(isPart) : [finished];
  const asked = new Set(done.flatMap(({ answers }) => answers.map(({ position }) => position)));
  if (asked.size < state.heldOut.length) {
    // What was not answered by a model that did not learn it counts nowhere.
    state.baselines = state.baselines.map((one) => ({
      ...one,
      answers: one.answers.filter((_, i) => asked.has(state.heldOut[i]!)),
    }));
    state.heldOut = state.heldOut.filter((row) => asked.has(row));
  }
  await context.save();
  const report = await makeReport(context, { ...best, ...outcome, fits: done, rounds: roundsOf(context) });
  await context.save();
  return { report, modelFile: outcome.modelFile };
}

function ranAway(): TuningError {
  return new TuningError(
    "refused",
    "The best way of training ended in numbers that are none when it learnt again.",
    "Look for examples that are unlike all others, or choose another model.",
  );
}

/** The best trial's adapter, which learnt nothing of what chose: a run that goes on from this one chooses with it. */
async function keepChoosing(context: RunContext, { trial }: Best): Promise<void> {
  const { place } = context;
  const name = adapterName(choosingFit);
  const rung = trial.rungs.at(-1);
  if (rung === undefined || (await place.loadAdapter(name)) !== undefined) return;
  const bytes = await place.read(checkpointName(trial.id, rung.steps));
  if (bytes === undefined) return;
  const trainer = await context.openTrainer(trial);
  try {
    await trainer.restore(bytes);
    const adapter = await trainer.exportAdapter();
    await context.write(() => place.saveAdapter(name, adapter));
  } finally {
    await trainer.close();
  }
}

export interface Outcome {
  readonly retentionAfter: Retention;
  /** Where the adapter lies. */
  readonly adapter: string;
  readonly modelFile: string;
}

async function writeOutcome(context: RunContext, trainer: Trainer): Promise<Outcome> {
  context.tell({ stage: "writing the adapter and the model" });
  const retentionAfter = await measureRetention(context, trainer, false);
  const exported = await trainer.exportAdapter();
  const adapter = await context.write(() => context.place.saveAdapter("adapter", exported));
  const merged = await trainer.merged();
  const modelFile = await context.write(() => context.place.saveModel(merged));
  return { retentionAfter, adapter, modelFile };
}

/** What each repetition of the cross-validation answered, where it came to its end. */
function roundsOf(context: RunContext): Fit[][] {
  const { state } = context;
  const rounds = Array.from({ length: context.roundsAfter }, (_, i) =>
    state.fits.filter(({ isDone, name }) => isDone && name.startsWith(`${again(i + 1)}-`)),
  );
  return rounds.filter((fits) => {
    const asked = new Set(fits.flatMap(({ answers }) => answers.map(({ position }) => position)));
    return state.heldOut.every((row) => asked.has(row));
  });
}

function isPart({ isDone, name }: Fit): boolean {
  return isDone && name.startsWith("part-");
}

function isOverFor(context: RunContext, steps: number): boolean {
  const stepMs = context.state.plan?.stepMs ?? 0;
  return context.stopAsked || !context.budget.has(steps > 0 ? stepMs : 0);
}

function partJobs(context: RunContext, { steps }: Best): FitJob[] {
  const parts = context.parts;
  return parts.map(({ test, train }, i) => ({
    name: `part-${i + 1}`,
    train,
    test,
    stage: `learning without part ${i + 1} of ${parts.length}, to ask it`,
    // Without one there is no report.
    isOver: () => context.state.fits.some(isPart) && isOverFor(context, steps),
  }));
}

async function wholeJob(context: RunContext): Promise<FitJob> {
  const train = context.spec.examples.map((_, i) => i);
  return { name: "all", train, test: [], stage: "learning from all examples", isOver: () => isOverFor(context, 1) };
}

/** With many examples the best trial is the model: its checkpoint is gone on from. */
async function heldOutJob(context: RunContext, { steps, trial }: Best): Promise<FitJob> {
  const name = "held-out";
  const { place } = context;
  const checkpoint = `fit-${name}.safetensors`;
  if ((await place.read(checkpoint)) === undefined) {
    const bytes = await place.read(checkpointName(trial.id, steps));
    if (bytes === undefined) throw new Error(`the checkpoint of trial ${trial.id} at step ${steps} is gone`);
    await context.write(() => place.write(checkpoint, bytes));
  }
  const [part] = context.parts;
  const { test = [], train = [] } = part ?? {};
  return { name, train, test, stage: "examining the best on the held-out examples", isOver: () => false };
}

/** Learns once more from half of the examples, as long as the time allows: what more of them would bring. */
async function measureCurve(context: RunContext, best: Best): Promise<void> {
  const { plan } = context.state;
  for (const [i, { test, train }] of context.parts.entries()) {
    const isOver = () => context.stopAsked || !context.budget.has((plan?.stepMs ?? 0) * 2);
    const name = `half-${i + 1}`;
    const isDone = context.state.fits.some((one) => one.name === name && one.isDone);
    if (!isDone && (context.stopAsked || !context.budget.has(best.steps * (plan?.stepMs ?? 0) * margin))) return;
    await fit(context, best, {
      name,
      train: halfOf(context, train),
      test,
      stage: "learning from half of the examples",
      isOver,
    });
  }
}

/** Cross-validates again in other parts, as long as the time allows. An earlier run's adapters know its own parts alone. */
async function repeat(context: RunContext, best: Best): Promise<void> {
  const { state } = context;
  const stepMs = context.pace.stepMs ?? state.plan?.stepMs ?? 0;
  for (let round = 1; round <= context.roundsAfter; round++) {
    const parts = context.partsAgain(round);
    const isBegun = state.fits.some(({ name }) => name.startsWith(`${again(round)}-`));
    if (!isBegun && (context.stopAsked || !context.budget.has(parts.length * best.steps * stepMs * margin))) return;
    for (const [i, { test, train }] of parts.entries()) {
      await fit(context, best, {
        name: `${again(round)}-${i + 1}`,
        train,
        test,
        stage: `learning once more without other parts, ${i + 1} of ${parts.length}`,
        isOver: () => context.stopAsked || !context.budget.has(stepMs * 2),
      });
    }
  }
}

/** Half of each label, in the order of their content. */
function halfOf({ kind, spec }: RunContext, rows: readonly number[]): number[] {
  const seen = new Map<string, number>();
  const hashed = rows.map((row) => ({ row, hash: contentHash(spec.examples[row]!.input) }));
  const half = hashed
    .sort((a, b) => a.hash - b.hash)
    .filter(({ row }) => {
      const label = kind === "labels" ? spec.examples[row]!.output : "";
      const before = seen.get(label) ?? 0;
      seen.set(label, before + 1);
      return before % 2 === 0;
    });
  return half.map(({ row }) => row).sort((a, b) => a - b);
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
