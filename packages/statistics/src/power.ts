import { normalCdf, normalQuantile } from "./distributions.ts";

/** What is known of paired differences: their mean and their standard deviation. */
export interface Differences {
  readonly difference: number;
  readonly deviation: number;
}

/**
 * How many paired examples find a difference of this size with this power, two-sided (Lehr 1992 gives the rule of thumb,
 * Julious 2004 equation 19 the formula): ((z₁₋α⁄₂ + z_power) · σ / δ)². Infinite when there is no difference.
 */
export function examplesNeeded({ deviation, difference }: Differences, power = 0.8, alpha = 0.05): number {
  if (difference === 0) return Number.POSITIVE_INFINITY;
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return Math.max(2, Math.ceil(((z * deviation) / Math.abs(difference)) ** 2));
}

/** The chance that so many paired examples find a difference of this size. */
export function powerOf({ deviation, difference }: Differences, count: number, alpha = 0.05): number {
  if (deviation === 0) return difference === 0 ? alpha : 1;
  const shift = (Math.abs(difference) * Math.sqrt(count)) / deviation;
  const z = normalQuantile(1 - alpha / 2);
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

/** The smallest difference that so many paired examples find with this power. */
export function detectable(deviation: number, count: number, power = 0.8, alpha = 0.05): number {
  return ((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * deviation) / Math.sqrt(Math.max(1, count));
}

/** The standard deviation of paired differences of right and wrong, when `discordant` of all are won by one alone. */
export function discordantDeviation(discordant: number, difference: number): number {
  return Math.sqrt(Math.max(0, discordant - difference * difference));
}
