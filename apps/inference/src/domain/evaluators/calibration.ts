import {
  cohenKappa,
  type Kappa,
  kappaInWords,
  type PredictionPowered,
  predictionPoweredMean,
} from "@tugboat/statistics";

export interface Calibration {
  /** Agreement of the judge with people on what both looked at, in grades. */
  readonly kappa: Kappa;
  readonly words: string;
  /** What people would say on average, from few of their scores and many of the judge's. */
  readonly corrected: PredictionPowered;
}

/**
 * How far a judge can be trusted, and what its scores mean in people's. Scores from 0 to 1 are taken as grades of
 * `levels` steps, whose distance counts squared.
 */
export function calibrate(
  reviewed: readonly { readonly person: number; readonly judge: number }[],
  judged: readonly number[],
  levels: number,
): Calibration | undefined {
  if (reviewed.length < 2) return undefined;
  const step = (value: number) => Math.min(levels - 1, Math.max(0, Math.round(value * (levels - 1))));
  const pairs = reviewed.map(({ judge, person }): [number, number] => [step(person), step(judge)]);
  const kappa = cohenKappa(pairs, levels, levels > 2 ? "quadratic" : "none");
  return { kappa, words: kappaInWords(kappa.score), corrected: predictionPoweredMean(reviewed, judged) };
}
