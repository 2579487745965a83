import { EngineError, type Trainer } from "@tugboat/engine";
import { mean, variance } from "@tugboat/statistics";
import { TuningError } from "../errors.ts";
import type { RunConfig, TrialProgress } from "../report.ts";
import { chosenOf, planTrials, survivors, type TrialSettings, trialSpace } from "../trials.ts";
import { askClosed, rightChances } from "./ask.ts";
import type { RunContext } from "./context.ts";
import { Lessons, referencesOf } from "./lessons.ts";
import { forgottenBy } from "./retention.ts";
import { trainTo } from "./train-to.ts";

/** Examples of validation whose answers are shown while a run goes on. */
const shownSamples = 3;
const keptSamples = 30;

/**
 * Trains by successive halving within the time. What is done lies in the state and the checkpoints; a run that was killed
 * goes on at its last one and ends with the same adapter.
 */
export async function runTrials(context: RunContext, width: number, reserveMs: number): Promise<void> {
  const { state } = context;
  state.plan ??= await makePlan(context, width, reserveMs);
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
      await advance(context, trial, rung);
    }
    if (isOver(context)) return;
    const going = state.trials.flatMap((trial) => {
      const result = trial.rungs.find(({ steps }) => steps === rung);
      return result === undefined || trial.state === "stopped"
        ? []
        : [{ ...valued(context.spec.config, result), trial }];
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
    trial.rungs.map((rung) => ({ ...valued(config, rung), steps: rung.steps, trial })),
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
  const { steps, trial } = chosenOf([first, ...rest]);
  return { trial, steps };
}

/** What is chosen by: how sure it is of the right answers, less what it forgot beyond what may be. */
function valued({ mayForget }: Pick<RunConfig, "mayForget">, rung: TrialProgress["rungs"][number]) {
  const { chance, forgot, loss, noise, score } = rung;
  return { score: chance ?? score, noise, loss, excess: Math.max(0, forgot - mayForget) };
}

export function checkpointName(trial: string, steps: number): string {
  return `trial-${trial}-${steps}.safetensors`;
}

function isOver(context: RunContext): boolean {
  const { plan } = context.state;
  return context.stopAsked || (plan !== null && !context.budget.has(plan.stepMs, plan.reserveMs));
}

/** Measures a step and decides once how much training fits; kept, so that a killed run goes on with the same plan. */
async function makePlan(context: RunContext, width: number, reserveMs: number) {
  context.tell({ stage: "measuring how fast this machine trains" });
  const examples = context.split.train.length;
  const [settings] = spaceOf(context, width);
  const trainer = await context.openTrainer(settings!);
  try {
    const some = context.split.train.slice(0, 24);
    const lessons = new Lessons(context, some, await referencesOf(context, trainer, some));
    const batchSize = Math.min(12, some.length);
    const times: number[] = [];
    for (let step = 0; step < 3; step++) {
      const begun = performance.now();
      await trainer.train(lessons.batch(step, batchSize));
      times.push(performance.now() - begun);
    }
    // The first step compiles.
    const stepMs = Math.min(...times.slice(1));
    const fitsAfter = context.fitsAfter;
    const opens = 7 + fitsAfter;
    const validationMs = (reserveMs / Math.max(1, context.heldOut.length)) * context.split.validation.length;
    const budgetMs = Math.max(0, context.budget.leftMs * 0.92 - reserveMs - opens * validationMs);
    const textMs = stepMs / (batchSize + 1);
    const plan = planTrials({ width, examples, textMs, budgetMs, fitsAfter });
    return {
      ...plan,
      settings: spaceOf(context, width).slice(0, plan.settings.length),
      rungs: [...plan.rungs],
      stepMs: textMs * (plan.batchSize + 1),
      // The trials must leave the time of what is trained after them.
      reserveMs: reserveMs + fitsAfter * plan.rungs.at(-1)! * textMs * (plan.batchSize + 1),
    };
  } finally {
    await trainer.close();
  }
}

/** What goes on from an adapter has its rank; what prefers is taught more gently (Rafailov et al. 2023). */
function spaceOf({ hasPreferences, spec }: RunContext, width: number): TrialSettings[] {
  const space = trialSpace(width).map(({ id, learningRate, rank }) => ({
    id,
    rank: spec.startFrom?.rank ?? rank,
    learningRate: hasPreferences ? Number((learningRate / 4).toPrecision(2)) : learningRate,
  }));
  return space.filter((one, i) => space.findIndex((other) => sameWay(one, other)) === i);
}

function sameWay(a: TrialSettings, b: TrialSettings): boolean {
  return a.rank === b.rank && a.learningRate === b.learningRate;
}

async function advance(context: RunContext, trial: TrialProgress, target: number): Promise<void> {
  trial.state = "running";
  const trainer = await context.openTrainer(trial);
  try {
    const checkpoint = `trial-${trial.id}.safetensors`;
    await trainTo(context, trainer, {
      train: context.split.train,
      checkpoint,
      steps: target,
      stage: `training, way ${trial.id.toUpperCase()}`,
      record: trial,
      isOver: () => isOver(context),
    });
    if (trainer.step === 0 || trial.rungs.some(({ steps }) => steps === trainer.step)) return;
    const bytes = await context.place.read(checkpoint);
    const kept = checkpointName(trial.id, trainer.step);
    if (bytes !== undefined) await context.write(() => context.place.write(kept, bytes));
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
  const forgot = await forgottenBy(context, trainer);
  const positions = context.split.validation.length > 0 ? context.split.validation : context.split.train;
  const examples = context.examples(positions);
  const texts = examples.map((example) =>
    context.texts.text(context.prompt(example), context.texts.answer(example.output)),
  );
  const { loss } = await trainer.evaluate(texts);
  if (context.kind === "text") return { score: 0, loss, forgot };
  const answers = await askClosed(context, trainer, positions, { frozen: false });
  const chances = rightChances(context, positions, answers);
  const right = answers.filter(({ score }) => score === 1).length;
  for (const [i, { input, output }] of examples.slice(0, shownSamples).entries()) {
    context.state.samples.push({ steps: trainer.step, input, expected: output, answer: answers[i]!.text });
  }
  context.state.samples = context.state.samples.slice(-keptSamples);
  return {
    score: right / Math.max(1, examples.length),
    chance: mean(chances),
    noise: Math.sqrt(variance(chances) / Math.max(1, chances.length)),
    loss,
    forgot,
  };
}
