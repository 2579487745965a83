import { type Figures, figuresOf, type Goal, type Measured, shortfall } from "./figures.ts";

/** One step's answers to the examples for choosing the threshold and to the held-out ones. */
export interface Answers {
  readonly calibration: readonly Measured[];
  readonly heldOut: readonly Measured[];
}

export interface Cascade {
  /** The least confidence with which the first answers alone. */
  readonly threshold: number;
  /** Of the held-out examples, the share that the first answered alone. */
  readonly alone: number;
  readonly figures: Figures;
}

/** So much of the second's quality a cascade may give up, in points of 1. */
const slack = 0.01;
/** Fewer say nothing of a threshold. */
const fewest = 6;

/**
 * Small first, escalate below a confidence: its threshold is chosen on the calibration examples, its figures are of the
 * held-out ones. Both steps' answers are there already, so that no request is made for it. As in selective
 * classification (El-Yaniv and Wiener 2010), the threshold is the least one by which nothing is given up.
 * @returns undefined where the first is never sure, or always
 */
export function cascadeOf(first: Answers, second: Answers, goal: Goal): Cascade | undefined {
  const n = first.calibration.length;
  if (n < fewest || n !== second.calibration.length || first.heldOut.length !== second.heldOut.length) return undefined;
  const alone = mean(second.calibration.map(({ score }) => score));
  const target = Math.max(alone - slack, 0);
  const sure = [
    ...new Set(first.calibration.flatMap(({ confidence }) => (confidence === null ? [] : [confidence]))),
  ].sort((a, b) => a - b);
  const threshold = sure.find(
    (least) => mean(joined(first.calibration, second.calibration, least).map(({ score }) => score)) >= target,
  );
  if (threshold === undefined) return undefined;
  const measured = joined(first.heldOut, second.heldOut, threshold);
  const answered = first.heldOut.filter(({ confidence }) => confidence !== null && confidence >= threshold).length;
  const share = answered / Math.max(1, first.heldOut.length);
  if (share < 0.1 || share > 0.98) return undefined;
  return { threshold, alone: share, figures: figuresOf(measured, goal) };
}

/** What a cascade would have answered, taken and cost. */
export function joined(first: readonly Measured[], second: readonly Measured[], threshold: number): Measured[] {
  return first.map((one, i) => {
    if (one.confidence !== null && one.confidence >= threshold) return one;
    const other = second[i]!;
    return {
      score: other.score,
      latencyMs: one.latencyMs + other.latencyMs,
      costMicroUsd: one.costMicroUsd + other.costMicroUsd,
      confidence: other.confidence,
    };
  });
}

/**
 * The most that a pair could reach if the first knew when it is wrong: a pair that is not worth it even then need not be
 * measured further.
 */
export function cascadeHope(
  first: readonly Measured[],
  second: readonly Measured[],
  goal: Goal,
): { readonly gap: number; readonly figures: Figures } {
  const best = first.map((one, i) => {
    const other = second[i]!;
    if (one.confidence !== null && one.score >= other.score) return one;
    return {
      ...other,
      latencyMs: one.latencyMs + other.latencyMs,
      costMicroUsd: one.costMicroUsd + other.costMicroUsd,
    };
  });
  const figures = figuresOf(best, goal);
  return { gap: shortfall(figures, "value"), figures };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
}
