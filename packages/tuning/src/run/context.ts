import { type ModelSource, openTrainer, type PeftAdapter, type Trainer } from "@tugboat/engine";
import { TuningError } from "../errors.ts";
import { Pace } from "../pace.ts";
import { chooseShots, defaultInstruction, promptOf } from "../prompt.ts";
import type { Example } from "../samples.ts";
import { dividedAgain, type Part, type Split, splitExamples } from "../split.ts";
import { labelsOf, type TaskKind, taskKind } from "../task-kind.ts";
import type { TimeBudget } from "../time-budget.ts";
import type { TrialSettings } from "../trials.ts";
import { whenThereIsRoom } from "./room.ts";
import type { RunPlace, RunSpec } from "./spec.ts";
import { type Measured, type RunState, writeState } from "./state.ts";
import type { Texts } from "./texts.ts";
import { timeLeft } from "./time-left.ts";

/** Tokens of one micro-batch, and of the longest text that is trained on. */
export const maxRows = 1024;
/** With fewer held-out examples, how they were divided matters. */
const repeatedBelow = 60;
const mostRounds = 2;
/** The adapter that chose in cross-validation, which did not learn what chose. */
export const choosingFit = "choosing";

/**
 * The adapter of an earlier run that learnt none of what this fit is asked: that of the same part. Of a run that held some
 * out once, the one that it has.
 */
async function startOf(place: RunPlace, fit: string): Promise<PeftAdapter> {
  const own = await place.earlierAdapter(adapterName(fit.replace(/^half-/, "part-")));
  const found = own ?? (await place.earlierAdapter("adapter"));
  if (found !== undefined) return found;
  throw new TuningError(
    "refused",
    "The adapter of the run that this one goes on from is gone.",
    "Begin a new run from the corrected examples.",
  );
}

/** Under which name a fit's adapter is kept: a later run goes on from it. */
export function adapterName(fit: string): string {
  return `adapter-${fit}`;
}

function stratumOf(kind: TaskKind): (example: Example) => string {
  return ({ output }) => (kind === "labels" ? output : "");
}

/** The earlier run's split, where this one has its texts in their order: then its parts never learnt what they are asked. */
function splitAgain({ examples, startFrom }: RunSpec, kind: TaskKind): Split | undefined {
  if (startFrom === undefined || startFrom.examples.length !== examples.length) return undefined;
  if (!startFrom.examples.every(({ input }, i) => input === examples[i]?.input)) return undefined;
  return splitExamples(startFrom.examples, stratumOf(kind));
}

/** Every run's, so that the same examples give the same adapter. */
export const seed = 17;

export interface Told {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
  readonly etaMs?: number;
}

/** What the stages of a run share. */
export class RunContext {
  readonly spec: RunSpec;
  readonly place: RunPlace;
  readonly state: RunState;
  readonly budget: TimeBudget;
  readonly source: ModelSource;
  readonly texts: Texts;
  readonly kind: TaskKind;
  /** Empty where answers are free text. */
  readonly labels: readonly string[];
  readonly instruction: string;
  readonly split: Split;
  /** Of the longest answer. */
  readonly answerTokens: number;
  readonly pace = new Pace();
  readonly #stop: AbortSignal;
  readonly #tell: (context: RunContext, told: Told) => void;

  constructor(parts: {
    spec: RunSpec;
    place: RunPlace;
    state: RunState;
    budget: TimeBudget;
    source: ModelSource;
    texts: Texts;
    stop: AbortSignal;
    tell: (context: RunContext, told: Told) => void;
  }) {
    const { spec, texts } = parts;
    const { examples } = spec;
    this.spec = spec;
    this.place = parts.place;
    this.state = parts.state;
    this.budget = parts.budget;
    this.source = parts.source;
    this.texts = texts;
    this.#stop = parts.stop;
    this.#tell = parts.tell;
    this.kind = taskKind(examples);
    this.labels = this.kind === "labels" ? labelsOf(examples) : [];
    this.instruction = spec.config.instruction ?? defaultInstruction(this.kind, this.labels);
    this.split = splitAgain(spec, this.kind) ?? splitExamples(examples, stratumOf(this.kind));
    const answers = examples.flatMap(({ output, rejected }) =>
      rejected === undefined ? [output] : [output, rejected],
    );
    this.answerTokens = Math.max(...answers.map((answer) => texts.answer(answer).length));
  }

  get stopAsked(): boolean {
    return this.#stop.aborted;
  }

  examples(positions: readonly number[]): Example[] {
    return positions.map((position) => this.spec.examples[position]!);
  }

  /** The examples that everything is measured on. */
  get heldOut(): Example[] {
    return this.examples(this.state.heldOut);
  }

  /** The split's parts, with what is held out of them. */
  get parts(): Part[] {
    const kept = new Set(this.state.heldOut);
    return this.split.parts.map(({ test, train }) => ({ train, test: test.filter((row) => kept.has(row)) }));
  }

  /** The held-out examples divided otherwise. @param round from 1 */
  partsAgain(round: number): Part[] {
    return dividedAgain(this.spec.examples, this.split, stratumOf(this.kind), round);
  }

  /** Whether worse answers are known beside the right ones. */
  get hasPreferences(): boolean {
    return this.spec.examples.every(({ rejected }) => rejected !== undefined);
  }

  /** Whether each part is trained for itself. */
  get isCrossValidated(): boolean {
    return this.split.parts.length > 1;
  }

  /** Trainings as long as the longest trial that follow the trials: one for each part, and one on everything. */
  get fitsAfter(): number {
    return this.isCrossValidated ? this.split.parts.length + 1 : 0;
  }

  /** How often it is cross-validated again in other parts, if the time allows: with few held-out examples. */
  get roundsAfter(): number {
    const isWorth =
      this.spec.startFrom === undefined && this.isCrossValidated && this.state.heldOut.length < repeatedBelow;
    return isWorth ? mostRounds : 0;
  }

  get batchSize(): number {
    return this.state.plan?.batchSize ?? 12;
  }

  /** Room for an answer that is written freely. */
  get mostAnswerTokens(): number {
    return Math.ceil(this.answerTokens * 1.5) + 1;
  }

  prompt({ input }: Example, shots: readonly Example[] = []): number[] {
    return this.texts.prompt((shown) => promptOf(this.instruction, shown, shots), input, this.answerTokens);
  }

  /** As many examples of `from` to show as fit beside every held-out one, at most `count`. */
  shots(count: number, from: readonly number[]): Example[] {
    const known = this.examples(from);
    const labels = this.kind === "labels" ? this.labels : [...new Set(known.map(({ output }) => output))];
    const longest = this.heldOut.reduce((best, { input }) => (input.length > best.length ? input : best), "");
    for (let wanted = count; wanted > 0; wanted--) {
      const shots = chooseShots(known, labels, wanted);
      if (this.texts.fits(promptOf(this.instruction, longest, shots), this.answerTokens)) return shots;
    }
    return [];
  }

  /** At the run's beginning: the untuned model, or the adapter that it goes on from. */
  async openTrainer(
    { learningRate, rank }: Pick<TrialSettings, "learningRate" | "rank">,
    fit = choosingFit,
  ): Promise<Trainer> {
    const { device, startFrom, threads } = this.spec;
    // Of the longest way: what is stopped before has learnt at its high rates.
    const steps = this.state.plan?.rungs.at(-1) ?? 100;
    const schedule = { kind: "cosine" as const, steps, warmup: Math.min(5, Math.ceil(steps / 8)), floor: 0.1 };
    const trainer = await openTrainer(this.source, {
      device,
      threads,
      method: { kind: "lora", rank, alpha: 2 * rank },
      optimizer: { learningRate, schedule, moments: this.state.moments },
      maxRows,
      contextLength: Math.min(maxRows, this.texts.room),
      seed,
    });
    if (startFrom === undefined) return trainer;
    try {
      await trainer.importAdapter(await startOf(this.place, fit));
      return trainer;
    } catch (error) {
      await trainer.close();
      throw error;
    }
  }

  async save(): Promise<void> {
    await this.write(() => {
      this.state.spentMs = this.budget.spentMs;
      return writeState(this.place, this.state);
    });
  }

  /** Every write into the run's place. Where it is full the run pauses, and its clock too. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    let since: number | undefined;
    const full = "paused: the disk is full; it goes on by itself when there is room";
    const done = await whenThereIsRoom(work, () => {
      const now = performance.now();
      if (since !== undefined) this.budget.excuse(now - since);
      since = now;
      this.tell({ stage: full });
    });
    if (since !== undefined) this.budget.excuse(performance.now() - since);
    return done;
  }

  tell(told: Told): void {
    this.#tell(this, told);
  }

  /** Tells a step of `steps`, and how long all of the plan takes yet. */
  tellTraining(stage: string, step: number, steps: number): void {
    const { fits, plan, trials } = this.state;
    if (plan === null) return;
    const longest = plan.rungs.at(-1) ?? 0;
    const each = this.state.fitSteps ?? longest;
    const halvings = plan.rungs.map((rung, i) => {
      const ways = Math.max(1, Math.floor(plan.settings.length / 2 ** i));
      return ways * (rung - (plan.rungs[i - 1] ?? 0));
    });
    const inTrials = halvings.reduce((sum, one) => sum + one, 0);
    const hasFits = fits.length > 0;
    const round = this.parts.length * each;
    this.tell({
      stage: `${stage}: step ${step} of ${steps}`,
      done: step,
      total: steps,
      etaMs: timeLeft({
        neededSteps: (hasFits ? 0 : inTrials) + this.fitsAfter * each,
        extraSteps: [round, ...Array.from({ length: this.roundsAfter }, () => round)],
        doneSteps: (hasFits ? fits : trials).reduce((sum, one) => sum + one.steps, 0),
        stepMs: this.pace.stepMs ?? plan.stepMs,
        askMs: Math.max(0, plan.reserveMs - this.fitsAfter * longest * plan.stepMs),
        leftMs: this.budget.leftMs,
      }),
    });
  }

  baseline(name: string): Measured | undefined {
    return this.state.baselines.find((one) => one.name === name);
  }
}
