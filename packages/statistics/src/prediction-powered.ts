import { studentQuantile } from "./distributions.ts";
import { type Interval, mean, variance } from "./interval.ts";

export interface PredictionPowered extends Interval {
  /** How much the judge's scores count: 0 they say nothing, 1 they are as good as people's. */
  readonly weight: number;
  /** How many people's scores alone would give an interval this narrow. */
  readonly worth: number;
}

/**
 * The mean that people would give, from few scores by people and many by a judge (prediction-powered inference:
 * Angelopoulos et al. 2023; with the weight that makes the interval narrowest: Angelopoulos, Duchi and Zrnic 2023,
 * PPI++). A judge that errs, even in one direction, widens the interval and never shifts it.
 * @param reviewed what people said, and what the judge said of the same
 * @param judged what the judge said of the others
 */
export function predictionPoweredMean(
  reviewed: readonly { readonly person: number; readonly judge: number }[],
  judged: readonly number[],
  level = 0.95,
): PredictionPowered {
  const n = reviewed.length;
  const many = judged.length;
  const people = reviewed.map(({ person }) => person);
  const judge = reviewed.map(({ judge }) => judge);
  if (n < 2)
    return { score: mean(people), low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, weight: 0, worth: n };
  const weight = many === 0 ? 0 : bestWeight(people, judge, judged);
  const rectified = reviewed.map(({ judge, person }) => person - weight * judge);
  const score = mean(rectified) + weight * mean(judged);
  const spread = variance(rectified) / n + (many === 0 ? 0 : (weight ** 2 * variance(judged)) / many);
  const half = studentQuantile(0.5 + level / 2, n - 1) * Math.sqrt(spread);
  const alone = variance(people);
  const worth = spread === 0 ? n + many : Math.max(n, Math.min(n + many, alone / spread));
  return { score, low: score - half, high: score + half, weight, worth };
}

/** PPI++, equation 8 for a mean: covariance ÷ ((1 + n/N) · variance of the judge), within 0 and 1. */
function bestWeight(people: readonly number[], judge: readonly number[], judged: readonly number[]): number {
  const n = people.length;
  const [a, b] = [mean(people), mean(judge)];
  const covariance = people.reduce((sum, one, i) => sum + (one - a) * ((judge[i] ?? 0) - b), 0) / (n - 1);
  const spread = variance([...judge, ...judged]);
  if (spread === 0) return 0;
  return Math.min(1, Math.max(0, covariance / ((1 + n / judged.length) * spread)));
}
