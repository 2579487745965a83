import { batchOrder, EngineError, type Trainer, type TrainingText } from "@tugboat/engine";
import { readCheckpointFile, writeCheckpointFile } from "@tugboat/engine/node";
import { TuningError } from "../domain/tuning/errors.ts";
import { reminderTexts } from "../domain/tuning/general-text.ts";
import type { RunConfig, TrialProgress } from "../domain/tuning/report.ts";
import { isBetter, planTrials, survivors, type TrialSettings, trialSpace } from "../domain/tuning/trials.ts";
import { type RunContext, seed } from "./context.ts";
import { bitsPerByte, likeliestLabels } from "./predict.ts";

/** A killed run loses no more than this of training. */
const checkpointMs = 15_000;

/**
 * Trains by successive halving within the time. What is done lies in the state and the checkpoints; a run that was killed
 * goes on at its last one and ends with the same adapter.
 */
export async function runTrials(context: RunContext, width: number, reserveMs: number): Promise<void> {
  const { state } = context;
  const texts = context.train.map((example) =>
    context.texts.text(context.prompt(example), context.texts.answer(example.output)),
  );
  state.plan ??= await makePlan(context, texts, width, reserveMs);
  if (state.trials.length === 0) {
    state.trials = state.plan.settings.map((settings) => ({
      ...settings,
      steps: 0,
      losses: [],
      rungs: [],
      state: "waiting",
    }));
    await context.save();
  }
  for (const rung of state.plan.rungs) {
    for (const trial of state.trials) {
      if (trial.state === "stopped" || trial.state === "diverged") continue;
      if (trial.rungs.some(({ steps }) => steps === rung)) continue;
      if (isOver(context)) return;
      await advance(context, trial, rung, texts);
    }
    if (isOver(context)) return;
    const going = state.trials.flatMap((trial) => {
      const result = trial.rungs.find(({ steps }) => steps === rung);
      return result === undefined || trial.state === "stopped"
        ? []
        : [{ ...result, excess: excessOf(context.spec.config, result), trial }];
    });
    if (rung !== state.plan.rungs.at(-1)) {
      const kept = new Set(survivors(going).map(({ trial }) => trial.id));
      for (const { trial } of going) if (!kept.has(trial.id)) trial.state = "stopped";
    }
    await context.save();
  }
}

/** The trial and the number of steps that did best on the validation examples. */
export function bestOf(
  trials: readonly TrialProgress[],
  config: Pick<RunConfig, "mayForget">,
): { trial: TrialProgress; steps: number } {
  const all = trials.flatMap((trial) =>
    trial.rungs.map((rung) => ({ ...rung, excess: excessOf(config, rung), trial })),
  );
  const [first, ...rest] = all;
  if (first === undefined) {
    throw new TuningError(
      "refused",
      trials.some(({ state }) => state === "diverged")
        ? "Every way of training ended in numbers that are none."
        : "The time was over before anything was learnt.",
      "Give it more minutes, or choose a smaller model.",
    );
  }
  const best = rest.reduce((one, other) => (isBetter(other, one) ? other : one), first);
  return { trial: best.trial, steps: best.steps };
}

/** How much more it forgot than it may. */
function excessOf({ mayForget }: Pick<RunConfig, "mayForget">, { forgot }: { readonly forgot: number }): number {
  return Math.max(0, forgot - mayForget);
}

export function checkpointName(trial: string, steps: number): string {
  return `trial-${trial}-${steps}.safetensors`;
}

function isOver(context: RunContext): boolean {
  const { plan } = context.state;
  return context.stopAsked || (plan !== null && !context.budget.has(plan.stepMs, plan.reserveMs));
}

/** Measures a step and decides once how much training fits; kept, so that a killed run goes on with the same plan. */
async function makePlan(context: RunContext, texts: readonly TrainingText[], width: number, reserveMs: number) {
  context.tell({ stage: "measuring how fast this machine trains" });
  const [settings] = trialSpace(width);
  const trainer = await context.openTrainer(settings!);
  try {
    const batchSize = Math.min(12, texts.length);
    const times: number[] = [];
    for (let step = 0; step < 3; step++) {
      const begun = performance.now();
      await trainer.train(batchOf(context, texts, batchSize, step));
      times.push(performance.now() - begun);
    }
    // The first step compiles.
    const stepMs = Math.min(...times.slice(1));
    const opens = 7;
    const validationMs = (reserveMs / Math.max(1, context.heldOut.length)) * context.split.validation.length;
    const budgetMs = Math.max(0, context.budget.leftMs * 0.92 - reserveMs - opens * validationMs);
    const textMs = stepMs / (batchSize + 1);
    const plan = planTrials({ width, examples: texts.length, textMs, budgetMs });
    return {
      ...plan,
      settings: [...plan.settings],
      rungs: [...plan.rungs],
      stepMs: textMs * (plan.batchSize + 1),
      reserveMs,
    };
  } finally {
    await trainer.close();
  }
}

function batchOf(context: RunContext, texts: readonly TrainingText[], batchSize: number, step: number) {
  const chosen = batchOrder(texts.length, batchSize, seed, step).map((position) => texts[position]!);
  const weight = chosen.reduce((sum, { weights = [] }) => sum + total(weights), 0);
  return { kind: "supervised" as const, texts: [...chosen, ...context.replay(step, weight)] };
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

async function advance(
  context: RunContext,
  trial: TrialProgress & TrialSettings,
  target: number,
  texts: readonly TrainingText[],
): Promise<void> {
  const { state } = context;
  const batchSize = state.plan?.batchSize ?? 12;
  trial.state = "running";
  const trainer = await context.openTrainer(trial);
  try {
    const path = context.path(`trial-${trial.id}.safetensors`);
    const kept = await readCheckpointFile(path);
    if (kept !== undefined) await trainer.restore(kept);
    trial.losses.length = Math.min(trial.losses.length, trainer.step);
    let savedAt = performance.now();
    while (trainer.step < target && !isOver(context)) {
      const { loss, step } = await trainer.train(batchOf(context, texts, batchSize, trainer.step));
      trial.losses[step - 1] = loss;
      trial.steps = step;
      tellTraining(context, trial, target);
      if (performance.now() - savedAt > checkpointMs) {
        await writeCheckpointFile(path, await trainer.checkpoint());
        await context.save();
        savedAt = performance.now();
      }
    }
    if (trainer.step === 0 || trial.rungs.some(({ steps }) => steps === trainer.step)) return;
    const bytes = await trainer.checkpoint();
    await writeCheckpointFile(path, bytes);
    await writeCheckpointFile(context.path(checkpointName(trial.id, trainer.step)), bytes);
    trial.rungs.push({ steps: trainer.step, ...(await validate(context, trainer)) });
    trial.state = "waiting";
    await context.save();
  } catch (error) {
    if (!(error instanceof EngineError && error.code === "diverged")) throw error;
    trial.state = "diverged";
    await context.save();
  } finally {
    await trainer.close();
  }
}

async function validate(context: RunContext, trainer: Trainer): Promise<Omit<TrialProgress["rungs"][number], "steps">> {
  const before = context.state.reminderBefore ?? 1;
  const forgot = (await bitsPerByte(trainer, context.texts, reminderTexts, false)) / before - 1;
  const examples = context.examples(
    context.split.validation.length > 0 ? context.split.validation : context.split.train,
  );
  const prompts = examples.map((example) => context.prompt(example));
  const texts = prompts.map((prompt, i) => context.texts.text(prompt, context.texts.answer(examples[i]!.output)));
  const { loss } = await trainer.evaluate(texts);
  if (context.kind === "text") return { score: 0, loss, forgot };
  const answers = await likeliestLabels(trainer, context.texts, prompts, context.labels, { frozen: false });
  const right = answers.filter((position, i) => context.labels[position] === examples[i]!.output).length;
  for (const [i, { input, output }] of examples.slice(0, 3).entries()) {
    context.state.samples.push({ steps: trainer.step, input, expected: output, answer: context.labels[answers[i]!]! });
  }
  context.state.samples = context.state.samples.slice(-30);
  return { score: right / Math.max(1, examples.length), loss, forgot };
}

function tellTraining(context: RunContext, trial: TrialProgress, target: number): void {
  const { plan, trials } = context.state;
  if (plan === null) return;
  const halvings = plan.rungs.map((rung, i) => {
    const ways = Math.max(1, Math.floor(plan.settings.length / 2 ** i));
    return ways * (rung - (plan.rungs[i - 1] ?? 0));
  });
  const all = halvings.reduce((sum, one) => sum + one, 0);
  const done = trials.reduce((sum, { steps }) => sum + steps, 0);
  context.tell({
    stage: `training, way ${trial.id.toUpperCase()}: step ${trial.steps} of ${target}`,
    done: Math.min(done, all),
    total: all,
    etaMs: Math.max(0, all - done) * plan.stepMs + plan.reserveMs,
  });
}
