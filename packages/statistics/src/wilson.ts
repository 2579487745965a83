import { normalQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";

/** Share of `hits` with Wilson's interval (Wilson 1927): right for few examples and for shares near 0 and 1. */
export function wilson(hits: number, count: number, level = 0.95): Interval {
  if (count === 0) return { score: 0, low: 0, high: 1 };
  const z = normalQuantile(0.5 + level / 2);
  const score = hits / count;
  const z2 = z * z;
  const middle = (score + z2 / (2 * count)) / (1 + z2 / count);
  const half = (z / (1 + z2 / count)) * Math.sqrt((score * (1 - score)) / count + z2 / (4 * count * count));
  return { score, low: Math.min(score, Math.max(0, middle - half)), high: Math.max(score, Math.min(1, middle + half)) };
}
