import { fairCoinCdf, normalQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";

/**
 * Exact two-sided McNemar test (McNemar 1947, with the binomial in place of χ²): how likely at least so uneven a
 * difference is, were both equally good. Of `a` alone right and `b` alone right.
 */
export function mcnemar(aOnly: number, bOnly: number): number {
  const n = aOnly + bOnly;
  if (n === 0) return 1;
  return Math.min(1, 2 * fairCoinCdf(Math.min(aOnly, bOnly), n));
}

/**
 * How much more often `a` is right than `b` on the same `count` examples, with the adjusted Wald interval for pairs
 * (Bonett and Price 2012): one example of either kind is added, so that few or no differences give no false certainty.
 */
export function pairedShares(aOnly: number, bOnly: number, count: number, level = 0.95): Interval {
  if (count === 0) return { score: 0, low: -1, high: 1 };
  const score = (aOnly - bOnly) / count;
  const n = count + 2;
  const [a, b] = [(aOnly + 1) / n, (bOnly + 1) / n];
  const half = normalQuantile(0.5 + level / 2) * Math.sqrt((a + b - (a - b) ** 2) / n);
  return { score, low: Math.max(-1, a - b - half), high: Math.min(1, a - b + half) };
}
