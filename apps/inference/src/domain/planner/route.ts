import { fitChances } from "@tugboat/tuning";
import type { Answers } from "./cascade.ts";
import { type Figures, figuresOf, type Goal, type Measured } from "./figures.ts";

/** What is known of an input before anything answers it, and what it took to know. */
export interface Sight {
  readonly vector: ArrayLike<number>;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
}

/** The chance that the first way answers an input at least as well as the second would. */
export type Router = (vector: ArrayLike<number>) => number;

export interface Route {
  /** The least chance with which the first is asked. */
  readonly threshold: number;
  /** Of the held-out examples, the share that the first was asked. */
  readonly first: number;
  readonly figures: Figures;
}

/** A classifier needs to have seen both cases so often. */
export const fewestOfEach = 4;
const folds = 5;
/** So much of the second's quality a route may give up on the examples for thresholds, in points of 1. */
const slack = 0.01;
export const fewestForThreshold = 6;
const steps = 100;

/** @param enough whether the first answered as well, of each vector */
export function routerOf(vectors: readonly ArrayLike<number>[], enough: readonly boolean[]): Router {
  const classes = enough.map((one) => (one ? 0 : 1));
  // Nothing to tell apart: what was always so is taken to stay so.
  if (classes.every((one) => one === classes[0])) return () => (classes[0] === 0 ? 1 : 0);
  const chances = fitChances(vectors, classes, 2, { steps });
  return (vector) => chances(vector)[0] ?? 0;
}

/** Whether the first answers as well as the second, of each example. */
export function enoughOf(first: readonly Measured[], second: readonly Measured[]): boolean[] {
  return first.map(({ score }, i) => score >= second[i]!.score);
}

/**
 * One of two ways is asked, chosen by a linear classifier on the input's embedding: unlike a cascade it never pays for both.
 * Every example's chance comes from a classifier that did not see it (cross-fitting); the threshold is chosen on the examples
 * for thresholds, the figures are of the held-out ones, so that neither has seen what it is judged by.
 * @returns undefined where there is too little to learn from, or where one of the two would get nearly everything
 */
export function routeOf(
  first: Answers,
  second: Answers,
  sights: { readonly calibration: readonly Sight[]; readonly heldOut: readonly Sight[] },
  goal: Goal,
): Route | undefined {
  const few = first.calibration.length;
  if (few < fewestForThreshold || few !== second.calibration.length || few !== sights.calibration.length)
    return undefined;
  if (first.heldOut.length !== second.heldOut.length || first.heldOut.length !== sights.heldOut.length)
    return undefined;
  const [ones, others] = [
    [...first.calibration, ...first.heldOut],
    [...second.calibration, ...second.heldOut],
  ];
  const enough = enoughOf(ones, others);
  const yes = enough.filter(Boolean).length;
  if (Math.min(yes, enough.length - yes) < fewestOfEach) return undefined;
  const seen = [...sights.calibration, ...sights.heldOut];
  const chances = crossFitted(
    seen.map(({ vector }) => vector),
    enough,
  );
  const threshold = thresholdOf(
    chances.slice(0, few),
    first.calibration.map(({ score }) => score),
    second.calibration.map(({ score }) => score),
  );
  if (threshold === undefined) return undefined;
  const measured = routed(first.heldOut, second.heldOut, sights.heldOut, chances.slice(few), threshold);
  const share = chances.slice(few).filter((one) => one >= threshold).length / Math.max(1, first.heldOut.length);
  if (share < 0.1 || share > 0.95) return undefined;
  return { threshold, first: share, figures: figuresOf(measured, goal) };
}

/** What a route would have answered, taken and cost. */
export function routed(
  first: readonly Measured[],
  second: readonly Measured[],
  sights: readonly Pick<Sight, "latencyMs" | "costMicroUsd">[],
  chances: readonly number[],
  threshold: number,
): Measured[] {
  return first.map((one, i) => {
    const asked = chances[i]! >= threshold ? one : second[i]!;
    const { costMicroUsd, latencyMs } = sights[i]!;
    return { ...asked, latencyMs: asked.latencyMs + latencyMs, costMicroUsd: asked.costMicroUsd + costMicroUsd };
  });
}

/** Each vector's chance by a classifier that was fitted without it. */
function crossFitted(vectors: readonly ArrayLike<number>[], enough: readonly boolean[]): number[] {
  const chances: number[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const others = enough.flatMap((_, i) => (i % folds === fold ? [] : [i]));
    const router = routerOf(
      others.map((i) => vectors[i]!),
      others.map((i) => enough[i]!),
    );
    for (let i = fold; i < enough.length; i += folds) chances[i] = router(vectors[i]!);
  }
  return chances;
}

/**
 * The least chance by which nothing of the second's quality is given up: it asks the first most often. Never below one half:
 * the few examples for thresholds may by luck allow what is more likely wrong than right.
 */
function thresholdOf(chances: readonly number[], first: readonly number[], second: readonly number[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
  const target = mean(second) - slack;
  return [...new Set(chances.filter((one) => one >= 0.5))]
    .sort((a, b) => a - b)
    .find((least) => mean(chances.map((chance, i) => (chance >= least ? first[i]! : second[i]!))) >= target);
}
