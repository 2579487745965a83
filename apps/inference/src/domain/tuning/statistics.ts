export interface Interval {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

const z95 = 1.959964;

/** Share of `hits` with Wilson's 95 % interval (Wilson 1927): right for few examples and for shares near 0 and 1. */
export function wilson(hits: number, count: number): Interval {
  if (count === 0) return { score: 0, low: 0, high: 1 };
  const score = hits / count;
  const z2 = z95 * z95;
  const middle = (score + z2 / (2 * count)) / (1 + z2 / count);
  const half = (z95 / (1 + z2 / count)) * Math.sqrt((score * (1 - score)) / count + z2 / (4 * count * count));
  return { score, low: Math.min(score, Math.max(0, middle - half)), high: Math.max(score, Math.min(1, middle + half)) };
}

/** Numbers from 0 up to 1 (mulberry32): the same for the same seed, so that a report says the same twice. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The mean with its 95 % bootstrap percentile interval (Efron 1979). */
export function bootstrap(values: readonly number[], resamples = 2000, seed = 1): Interval {
  if (values.length === 0) return { score: 0, low: 0, high: 0 };
  const random = seededRandom(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  }).sort();
  const score = mean(values);
  return {
    score,
    low: Math.min(score, means[Math.floor(resamples * 0.025)]!),
    high: Math.max(score, means[Math.ceil(resamples * 0.975) - 1]!),
  };
}

/** How much better `a` is than `b` on the same examples, with its 95 % interval: the differences are drawn in pairs. */
export function pairedBootstrap(a: readonly number[], b: readonly number[], resamples = 2000, seed = 1): Interval {
  if (a.length !== b.length) throw new RangeError(`${a.length} scores can't be paired with ${b.length}`);
  return bootstrap(
    a.map((value, i) => value - b[i]!),
    resamples,
    seed,
  );
}

/**
 * Exact two-sided McNemar test (McNemar 1947, with the binomial in place of χ²): how likely at least so uneven a
 * difference is, were both equally good. Of `a` alone right and `b` alone right.
 */
export function mcnemar(aOnly: number, bOnly: number): number {
  const n = aOnly + bOnly;
  if (n === 0) return 1;
  let tail = 0;
  let logChoose = 0;
  for (let k = 0; k <= Math.min(aOnly, bOnly); k++) {
    if (k > 0) logChoose += Math.log(n - k + 1) - Math.log(k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}

/** For scores that are not right or wrong: two-sided p of the mean difference by random changes of sign (Fisher 1935). */
export function signFlip(a: readonly number[], b: readonly number[], rounds = 5000, seed = 1): number {
  const differences = a.map((value, i) => value - b[i]!);
  const seen = Math.abs(differences.reduce((sum, one) => sum + one, 0));
  const random = seededRandom(seed);
  let extreme = 0;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    for (const one of differences) sum += random() < 0.5 ? one : -one;
    if (Math.abs(sum) >= seen - 1e-12) extreme++;
  }
  return (extreme + 1) / (rounds + 1);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** `p` as odds that a person can hold: "1 time in 50". */
export function luck(p: number): string {
  if (p >= 0.4) return "easily be luck";
  if (p >= 0.15) return `be luck 1 time in ${Math.round(1 / p)}`;
  if (p < 0.0001) return "hardly be luck: less than 1 time in 10,000";
  const times = 1 / p;
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(times)) - 1);
  return `be luck 1 time in ${(Math.round(times / digits) * digits).toLocaleString("en")}`;
}
