/** A figure with the bounds that hold the truth 95 times in 100, unless said otherwise. */
export interface Interval {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum / Math.max(1, values.length);
}

/** Sample variance, with n − 1; 0 for fewer than two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] ?? 0) - center) ** 2;
  return sum / (values.length - 1);
}

/** @throws RangeError when the two can't be paired */
export function differences(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`${a.length} scores can't be paired with ${b.length}`);
  return a.map((value, i) => value - (b[i] ?? 0));
}
