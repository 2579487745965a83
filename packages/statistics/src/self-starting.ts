import { type CusumSettings, type CusumState, cusumAlarm, cusumStart, cusumStep, cusumThreshold } from "./cusum.ts";
import { normalQuantile, studentCdf } from "./distributions.ts";

/** A cumulative sum that learns what is normal from the values themselves. */
export interface SelfStarting {
  readonly n: number;
  readonly mean: number;
  /** Of squared deviations from the mean. */
  readonly squares: number;
  readonly sums: CusumState;
}

export const selfStarting: SelfStarting = { n: 0, mean: 0, squares: 0, sums: cusumStart };

export interface SelfStartingSettings {
  /** On average, so many values pass until a false alarm. */
  readonly runLength: number;
  /** Smaller deviations are taken as this: values that happen to be all the same are no law. */
  readonly leastDeviation: number;
}

/** Shifts of a standard deviation are found the soonest. */
const slack = 0.5;
const mostOff = 8;
const thresholds = new Map<number, number>();

/**
 * One more value: each is compared with all before it, so that no time of learning is needed and the false-alarm rate holds
 * although mean and deviation are estimated (Hawkins 1987, Self-starting CUSUM charts for location and scale).
 */
export function selfStartingStep(
  { mean, n, squares, sums }: SelfStarting,
  value: number,
  { leastDeviation, runLength }: SelfStartingSettings,
): { readonly state: SelfStarting; readonly alarm: "up" | "down" | undefined } {
  const next = n + 1;
  const shifted = mean + (value - mean) / next;
  const learnt = { n: next, mean: shifted, squares: squares + (value - mean) * (value - shifted) };
  if (n < 3) return { state: { ...learnt, sums }, alarm: undefined };
  const deviation = Math.max(leastDeviation, Math.sqrt(squares / (n - 1)));
  const t = (Math.sqrt(n / next) * (value - mean)) / deviation;
  const z = Math.min(mostOff, Math.max(-mostOff, normalQuantile(studentCdf(t, n - 1))));
  const settings: CusumSettings = { mean: 0, deviation: 1, slack, threshold: thresholdOf(runLength) };
  const stepped = cusumStep(sums, z, settings);
  return { state: { ...learnt, sums: stepped }, alarm: cusumAlarm(stepped, settings) };
}

function thresholdOf(runLength: number): number {
  const known = thresholds.get(runLength) ?? cusumThreshold(slack, runLength);
  thresholds.set(runLength, known);
  return known;
}
