import { studentQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";
import { wilson } from "./wilson.ts";

export type KappaWeights = "none" | "linear" | "quadratic";

export interface Kappa extends Interval {
  /** Share of examples on which both said the same. */
  readonly agreement: number;
  readonly count: number;
}

/**
 * Agreement of two raters beyond chance (Cohen 1960; weighted: Cohen 1968), with the large-sample interval (Fleiss, Cohen
 * and Everitt 1969). Categories are ordered as given; with weights their distance counts.
 * @param pairs of indices of categories, one for each example
 * @throws RangeError for an index outside the categories
 */
export function cohenKappa(
  pairs: readonly (readonly [number, number])[],
  categories: number,
  weights: KappaWeights = "none",
  level = 0.95,
): Kappa {
  const n = pairs.length;
  if (n === 0) return { score: 0, low: -1, high: 1, agreement: 0, count: 0 };
  const table = Array.from({ length: categories }, () => new Float64Array(categories));
  for (const [a, b] of pairs) {
    const row = table[a];
    if (row === undefined || b < 0 || b >= categories) throw new RangeError(`${a}, ${b} are no categories`);
    row[b] = (row[b] ?? 0) + 1 / n;
  }
  const rows = table.map((row) => row.reduce((sum, one) => sum + one, 0));
  const columns = rows.map((_, j) => table.reduce((sum, row) => sum + (row[j] ?? 0), 0));
  const weight = weighting(weights, categories);
  const sum = (of: (i: number, j: number) => number) => {
    let total = 0;
    for (let i = 0; i < categories; i++) for (let j = 0; j < categories; j++) total += of(i, j);
    return total;
  };
  const at = (i: number, j: number) => table[i]?.[j] ?? 0;
  const observed = sum((i, j) => weight(i, j) * at(i, j));
  const expected = sum((i, j) => weight(i, j) * (rows[i] ?? 0) * (columns[j] ?? 0));
  const agreement = sum((i, j) => (i === j ? at(i, j) : 0));
  // Both always said one and the same: nothing tells agreement from habit.
  if (expected >= 1 - 1e-12) return { score: 1, low: -1, high: 1, agreement, count: n };
  const score = (observed - expected) / (1 - expected);
  const rowWeight = rows.map((_, i) => columns.reduce((total, share, j) => total + share * weight(i, j), 0));
  const columnWeight = columns.map((_, j) => rows.reduce((total, share, i) => total + share * weight(i, j), 0));
  const spread =
    sum((i, j) => at(i, j) * (weight(i, j) - ((rowWeight[i] ?? 0) + (columnWeight[j] ?? 0)) * (1 - score)) ** 2) -
    (score - expected * (1 - score)) ** 2;
  const error = Math.sqrt(Math.max(0, spread) / n) / (1 - expected);
  return { score, ...bounds(score, error, { agreement, expected, n, level }), agreement, count: n };
}

interface Facts {
  readonly agreement: number;
  readonly expected: number;
  readonly n: number;
  readonly level: number;
}

/** On Fisher's scale, where few examples do less harm; where all agree, from Wilson's bound of the agreement. */
function bounds(score: number, error: number, { agreement, expected, level, n }: Facts) {
  if (score > 1 - 1e-9 || error === 0) {
    const { low } = wilson(Math.round(agreement * n), n, level);
    return { low: Math.max(-1, Math.min(score, (low - expected) / (1 - expected))), high: Math.max(score, 1) };
  }
  const middle = Math.atanh(Math.max(-1 + 1e-9, score));
  const half = (studentQuantile(0.5 + level / 2, Math.max(1, n - 1)) * error) / (1 - score * score);
  return { low: Math.tanh(middle - half), high: Math.tanh(middle + half) };
}

function weighting(kind: KappaWeights, categories: number): (i: number, j: number) => number {
  const widest = Math.max(1, categories - 1);
  if (kind === "linear") return (i, j) => 1 - Math.abs(i - j) / widest;
  if (kind === "quadratic") return (i, j) => 1 - ((i - j) / widest) ** 2;
  return (i, j) => (i === j ? 1 : 0);
}

/** What a kappa is called (Landis and Koch 1977). */
export function kappaInWords(kappa: number): string {
  if (kappa < 0) return "no agreement";
  if (kappa <= 0.2) return "slight agreement";
  if (kappa <= 0.4) return "fair agreement";
  if (kappa <= 0.6) return "moderate agreement";
  if (kappa <= 0.8) return "substantial agreement";
  return "almost perfect agreement";
}
