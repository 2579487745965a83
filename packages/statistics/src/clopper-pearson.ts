import { incompleteBeta } from "./distributions.ts";

/**
 * The lower end of the exact one-sided interval of a share: with `hits` of `count`, the true share is below it in at most
 * `alpha` of all cases (Clopper and Pearson 1934).
 */
export function shareAtLeast(hits: number, count: number, alpha: number): number {
  if (hits === 0) return 0;
  let low = 0;
  let high = 1;
  // The quantile `alpha` of a Beta(hits, count - hits + 1), by halving: 40 times is exact to 1e-12.
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, hits, count - hits + 1) < alpha) low = middle;
    else high = middle;
  }
  return low;
}
