import type { PlannerRecordInfo } from "@tugboat/db";
import type { ModelFacts, TaskFacts } from "./cost-model.ts";
import { standingOf, usualByTask } from "./history.ts";
import type { Step } from "./plan.ts";

/** A way and the model that it asks. */
export interface Way {
  readonly step: Step;
  readonly model: ModelFacts;
}

/** A way of this task that has answered some of its examples. */
export interface OwnWay extends Way {
  readonly score: number;
  readonly ms: number;
  /** What it was thought to take before anything was measured. */
  readonly guessedMs: number;
  readonly examples: number;
}

/** What a way is seen among. */
export interface Field {
  /** The mean of the first guesses for all ways of the task. */
  readonly usual: number;
  readonly own: readonly OwnWay[];
}

/** So many earlier tasks say as much of how hard a new one is as a guess does. */
const tasksOfAGuess = 4;
/** So many examples of its own, and so many ways of a kind, count as much as what was thought before. */
const priorExamples = 4;
const priorWays = 3;

/** The mean of what is guessed of every way. */
export function usualGuess(ways: readonly Way[], task: TaskFacts): number {
  const sum = ways.reduce((total, { model, step }) => total + firstGuess(step, model, task), 0);
  return ways.length === 0 ? 0.5 : sum / ways.length;
}

/**
 * What a way is worth, from 0 to 1: how hard the task is, and how far this way stands out. How hard it is, earlier tasks say
 * little of and its own first answers most; how far a way stands out is learnt from its place among the ways of each earlier
 * task, never from the scores themselves, which say more of that task. Shrunk where little is known, as random
 * effects are (Robinson 1991).
 */
export function expectScore(way: Way, task: TaskFacts, records: readonly PlannerRecordInfo[], field: Field): number {
  const base = baseOf(way, task, records, field);
  const others = field.own.map((one) => ({ ...one, off: one.score - baseOf(one, task, records, field) }));
  if (others.length === 0) return clamped(base);
  const examples = others.reduce((sum, one) => sum + one.examples, 0);
  const mean = others.reduce((sum, one) => sum + one.off * one.examples, 0) / Math.max(1, examples);
  const most = Math.max(...others.map((one) => one.examples));
  const left = others.map((one) => ({ ...one, off: one.off - mean }));
  const ofKind = shrunk(left.filter(({ step }) => step.kind === way.step.kind).map(({ off }) => off));
  const ofModel = shrunk(left.filter(({ model }) => model.name === way.model.name).map(({ off }) => off));
  return clamped(base + (mean * most) / (most + priorExamples) + ofKind + ofModel / 2);
}

function shrunk(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / (values.length + priorWays);
}

function baseOf(
  { model, step }: Way,
  task: TaskFacts,
  records: readonly PlannerRecordInfo[],
  { usual }: Field,
): number {
  const { advantage, evidence } = standingOf(step, model, task, records);
  const guessed = (firstGuess(step, model, task) - usual) / (1 + evidence);
  return levelOf(task, records, usual) + guessed + advantage;
}

/** Where the ways of a task lie on the whole: between what is guessed and where those of earlier tasks lay above chance. */
function levelOf(task: TaskFacts, records: readonly PlannerRecordInfo[], guess: number): number {
  const earlier = [...usualByTask(records).values()];
  const above = earlier.reduce((sum, one) => sum + (one.usual - chanceOf(one.shape)) / (1 - chanceOf(one.shape)), 0);
  const chance = task.labels === undefined ? chanceOf(task.shape) : 1 / Math.max(2, task.labels.length);
  const likeThem = chance + (1 - chance) * (above / Math.max(1, earlier.length));
  return (tasksOfAGuess * guess + earlier.length * likeThem) / (tasksOfAGuess + earlier.length);
}

/** What guessing is worth, roughly: of the earlier tasks the shape alone is kept. */
function chanceOf(shape: string): number {
  return { "labels-2": 0.5, "labels-6": 0.25, "labels-50": 0.08 }[shape] ?? 0.05;
}

function clamped(score: number): number {
  return Math.min(1, Math.max(0, score));
}

/** Larger models guess better than chance, shots help, and a classifier learns with its examples. */
export function firstGuess(
  step: Step,
  { parameters, tunedWith }: ModelFacts,
  { examples, labels, shape }: TaskFacts,
): number {
  const chance = labels === undefined ? 0.05 : 1 / Math.max(2, labels.length);
  const size = Math.log10(parameters ?? 3e9);
  const ability = 1 / (1 + Math.exp(-(size - 8.8) * 1.6));
  const learnt = examples / (examples + 30);
  switch (step.kind) {
    case "prompt": {
      if (step.wording === "tuned" && tunedWith !== null) return chance + (1 - chance) * 0.75;
      const shots = 1 + 0.12 * Math.log2(1 + step.shots);
      return Math.min(0.97, chance + (1 - chance) * ability * shots * (shape === "object" ? 0.8 : 1));
    }
    case "nearest":
      return chance + (1 - chance) * (0.35 + 0.35 * learnt);
    case "linear":
      return chance + (1 - chance) * (0.35 + 0.45 * learnt);
  }
}
