import { join } from "node:path";
import { type ModelSource, openTrainer, type Trainer, type TrainingText } from "@tugboat/engine";
import { chooseShots, defaultInstruction, promptOf } from "../domain/tuning/prompt.ts";
import type { Example } from "../domain/tuning/samples.ts";
import { type Split, splitExamples } from "../domain/tuning/split.ts";
import { labelsOf, type TaskKind, taskKind } from "../domain/tuning/task-kind.ts";
import type { TimeBudget } from "../domain/tuning/time-budget.ts";
import type { TrialSettings } from "../domain/tuning/trials.ts";
import type { RunSpec } from "./protocol.ts";
import { type Measured, type RunState, writeState } from "./state.ts";
import type { Texts } from "./texts.ts";

/** Tokens of one micro-batch, and of the longest text that is trained on. */
export const maxRows = 1024;
/** Every run's, so that the same examples give the same adapter. */
export const seed = 17;
/** Texts of replay in a step. */
const replayed = 2;
/** Of all of them together, against the answers of a step. */
const replayWeight = 0.4;

export interface Told {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
  readonly etaMs?: number;
}

/** What the stages of a run share. */
export class RunContext {
  readonly spec: RunSpec;
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
  readonly #stop: AbortSignal;
  readonly #tell: (context: RunContext, told: Told) => void;

  constructor(parts: {
    spec: RunSpec;
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
    this.state = parts.state;
    this.budget = parts.budget;
    this.source = parts.source;
    this.texts = texts;
    this.#stop = parts.stop;
    this.#tell = parts.tell;
    this.kind = taskKind(examples);
    this.labels = this.kind === "labels" ? labelsOf(examples) : [];
    this.instruction = spec.config.instruction ?? defaultInstruction(this.kind, this.labels);
    this.split = splitExamples(examples, ({ output }) => (this.kind === "labels" ? output : ""));
    this.answerTokens = Math.max(...examples.map(({ output }) => texts.answer(output).length));
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

  get train(): Example[] {
    return this.examples(this.split.train);
  }

  prompt({ input }: Example, shots: readonly Example[] = []): number[] {
    return this.texts.prompt((shown) => promptOf(this.instruction, shown, shots), input, this.answerTokens);
  }

  /** As many examples to show as fit beside every held-out one, at most `count`. */
  shots(count: number): Example[] {
    const labels = this.kind === "labels" ? this.labels : [...new Set(this.train.map(({ output }) => output))];
    const longest = this.heldOut.reduce((best, { input }) => (input.length > best.length ? input : best), "");
    for (let wanted = count; wanted > 0; wanted--) {
      const shots = chooseShots(this.train, labels, wanted);
      if (this.texts.fits(promptOf(this.instruction, longest, shots), this.answerTokens)) return shots;
    }
    return [];
  }

  /** Texts that remind of what the base model writes. */
  replay(step: number, answersWeight: number): TrainingText[] {
    const { replay } = this.state;
    if (replay.length === 0) return [];
    const texts = Array.from({ length: replayed }, (_, i) => replay[(step * replayed + i) % replay.length]!);
    const predicted = texts.reduce((sum, { length }) => sum + length - 1, 0);
    const weight = (replayWeight * answersWeight) / Math.max(1, predicted);
    return texts.map((tokens) => ({ tokens, weights: new Float32Array(tokens.length).fill(weight) }));
  }

  openTrainer({ learningRate, rank }: Pick<TrialSettings, "learningRate" | "rank">): Promise<Trainer> {
    const { device, threads } = this.spec;
    // Of the longest way: what is stopped before has learnt at its high rates.
    const steps = this.state.plan?.rungs.at(-1) ?? 100;
    const schedule = { kind: "cosine" as const, steps, warmup: Math.min(5, Math.ceil(steps / 8)), floor: 0.1 };
    return openTrainer(this.source, {
      device,
      threads,
      method: { kind: "lora", rank, alpha: 2 * rank },
      optimizer: { learningRate, schedule },
      maxRows,
      contextLength: Math.min(maxRows, this.texts.room),
      seed,
    });
  }

  path(name: string): string {
    return join(this.spec.folder, name);
  }

  async save(): Promise<void> {
    this.state.spentMs = this.budget.spentMs;
    await writeState(this.spec.folder, this.state);
  }

  tell(told: Told): void {
    this.#tell(this, told);
  }

  baseline(name: string): Measured | undefined {
    return this.state.baselines.find((one) => one.name === name);
  }
}
