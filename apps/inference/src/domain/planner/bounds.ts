/** How sure one can be of what was measured on a few examples. */

export interface Bounds {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The normal distribution's quantile: Acklam's rational approximation (2003), with a relative error below 1.2e-9.
 * @param p between 0 and 1
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`${p} is no probability between 0 and 1`);
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const of = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, one) => sum * x + one, 0);
  const edge = 0.02425;
  if (p < edge) {
    const q = Math.sqrt(-2 * Math.log(p));
    return of(c, q) / of(d, q);
  }
  if (p > 1 - edge) return -normalQuantile(1 - p);
  const q = p - 0.5;
  return (of(a, q * q) * q) / of(b, q * q);
}

/** A share of `n` with Wilson's bounds, `z` standard errors to each side (Wilson 1927): they hold near 0 and 1 too. */
export function shareBounds(value: number, n: number, z: number): Bounds {
  const z2 = z * z;
  const middle = (value + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((value * (1 - value)) / n + z2 / (4 * n * n));
  return { value, low: Math.min(value, Math.max(0, middle - half)), high: Math.max(value, Math.min(1, middle + half)) };
}

/**
 * The mean of scores with its bounds, `z` standard errors to each side: Wilson's for rights
 * and wrongs; else the normal's with one right and one wrong added, which few scores need.
 */
export function meanBounds(scores: readonly number[], z: number): Bounds {
  const n = scores.length;
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const value = scores.reduce((sum, one) => sum + one, 0) / n;
  if (scores.every((one) => one === 0 || one === 1)) {
    return shareBounds(value, n, z);
  }
  const all = [...scores, 0, 1];
  const centre = all.reduce((sum, one) => sum + one, 0) / all.length;
  const spread = Math.sqrt(all.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (all.length - 1));
  const half = (z * spread) / Math.sqrt(all.length);
  return { value, low: Math.min(value, Math.max(0, centre - half)), high: Math.max(value, Math.min(1, centre + half)) };
}

/** The mean of differences of pairs with its bounds, `z` standard errors to each side, at least one example's worth. */
export function pairedBounds(a: readonly number[], b: readonly number[], z: number): Bounds {
  if (a.length !== b.length) throw new RangeError(`${a.length} scores can't be paired with ${b.length}`);
  const n = a.length;
  if (n === 0) return { value: 0, low: -1, high: 1 };
  const differences = a.map((one, i) => one - b[i]!);
  const value = differences.reduce((sum, one) => sum + one, 0) / n;
  // Without a half of a difference to each side (Agresti and Min 2005), pairs that never differ would be certain.
  const all = [...differences, 1, -1].map((one) => one);
  const centre = all.reduce((sum, one) => sum + one, 0) / all.length;
  const variance = all.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (all.length - 1);
  const half = z * Math.sqrt(variance / all.length);
  return { value, low: Math.min(value, centre - half), high: Math.max(value, centre + half) };
}

/** The value below which a share of all lies, linearly between neighbours (Hyndman and Fan 1996, type 7). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * A quantile of times with its one-sided bounds. With enough of them by order statistics, which assume nothing; with
 * fewer as if their logarithms were normal, by the tolerance factors of Natrella (1963, 2-1.4).
 * @param z standard errors to each side
 */
export function quantileBounds(times: readonly number[], share: number, z: number): Bounds {
  const n = times.length;
  if (n === 0) return { value: 0, low: 0, high: Number.POSITIVE_INFINITY };
  const value = quantile(times, share);
  const sorted = [...times].sort((a, b) => a - b);
  const half = z * Math.sqrt(n * share * (1 - share));
  const above = Math.ceil(n * share + half);
  const below = Math.floor(n * share - half) - 1;
  if (above <= n - 1 && below >= 0)
    return { value, low: Math.min(value, sorted[below]!), high: Math.max(value, sorted[above]!) };
  const logs = times.map((one) => Math.log(Math.max(one, 1e-3)));
  const mean = logs.reduce((sum, one) => sum + one, 0) / n;
  const sd = n < 2 ? 0.5 : Math.sqrt(logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1));
  const zp = normalQuantile(share);
  // Two or three times say next to nothing of their spread.
  const a = Math.max(0.2, 1 - (z * z) / (2 * Math.max(1, n - 1)));
  const b = zp * zp - (z * z) / n;
  const root = Math.sqrt(Math.max(0, zp * zp - a * b));
  return {
    value,
    low: Math.min(value, Math.exp(mean + ((zp - root) / a) * sd)),
    high: Math.max(value, Math.exp(mean + ((zp + root) / a) * sd)),
  };
}
