/** One line of a benchmark's result. `ratio` is ours ÷ peer turned so that above 1 is better than the peer. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly peer: number | null;
  readonly ratio: number | null;
}

/** Whether a larger number is the better one. */
export type Better = "more" | "less";

/** Of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/** Medians of what was measured, three significant figures kept of the ratio. */
export function figure(
  name: string,
  unit: string,
  better: Better,
  ours: readonly number[],
  peer: readonly number[] = [],
): Figure {
  const [mine, theirs] = [median(ours), median(peer)];
  const usable = mine !== null && theirs !== null && mine > 0 && theirs > 0;
  const ratio = usable ? (better === "more" ? mine / theirs : theirs / mine) : null;
  return { name, unit, ours: round(mine), peer: round(theirs), ratio: round(ratio) };
}

function round(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
