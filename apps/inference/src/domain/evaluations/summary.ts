import type { EvaluationRowInfo } from "@tugboat/db";
import type { Interval } from "@tugboat/statistics";
import {
  Bets,
  bootstrap,
  examplesNeeded,
  holm,
  mcnemar,
  pairedBootstrap,
  pairedShares,
  quantile,
  signFlip,
  variance,
  wilson,
} from "@tugboat/statistics";
import { z } from "zod";
import { sentenceOf, warningsOf } from "./sentence.ts";
import { slicesOf } from "./slices.ts";

const interval = z.object({ score: z.number(), low: z.number(), high: z.number() });

const evaluatorFigures = interval.extend({
  /** Examples that count. */
  n: z.int(),
  /** Outputs that the evaluator could not judge. */
  unscored: z.int(),
  /** The same without the examples on which the candidate failed. */
  withoutFailures: interval,
});

const candidateFigures = z.object({
  name: z.string(),
  failed: z.int(),
  latencyP50Ms: z.number(),
  latencyP95Ms: z.number(),
  /** US dollars for a thousand requests. */
  costPer1k: z.number(),
  /** No other is at least as good for less. */
  onFrontier: z.boolean(),
  scores: z.array(evaluatorFigures),
});
export type CandidateFigures = z.output<typeof candidateFigures>;

const comparison = z.object({
  evaluator: z.int(),
  a: z.string(),
  b: z.string(),
  /** How much better a is than b. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Two-sided, corrected for the number of pairs. */
  p: z.number(),
  wins: z.int(),
  losses: z.int(),
  ties: z.int(),
  /** How many more examples would settle a difference of this size, 4 times in 5; null where none would or it is settled. */
  moreExamples: z.int().nullable(),
});
export type Comparison = z.output<typeof comparison>;

const slice = z.object({
  name: z.string(),
  n: z.int(),
  /** Of each candidate, by the first evaluator. */
  scores: z.array(interval),
});
export type Slice = z.output<typeof slice>;

/** What the page says of an evaluation. */
export const evaluationSummary = z.object({
  n: z.int(),
  sentence: z.string(),
  verdict: z.enum(["better", "unsure", "alone"]),
  warnings: z.array(z.string()),
  candidates: z.array(candidateFigures),
  comparisons: z.array(comparison),
  slices: z.array(slice),
});
export type EvaluationSummary = z.output<typeof evaluationSummary>;

export interface Summarised {
  readonly candidates: readonly string[];
  readonly evaluators: readonly string[];
  readonly rows: readonly EvaluationRowInfo[];
  /** Somebody, or the run itself, looked after every example: only the test that allows for that counts. */
  readonly looked: boolean;
}

/** All figures of an evaluation, from its rows. */
export function summarise({ candidates, evaluators, looked, rows }: Summarised): EvaluationSummary {
  const score = (row: EvaluationRowInfo, candidate: number, evaluator: number) =>
    row.failed[candidate] ? 0 : (row.scores[candidate * evaluators.length + evaluator] ?? Number.NaN);
  const figures = candidates.map((name, candidate): CandidateFigures => {
    const answered = rows.filter((row) => !row.failed[candidate]);
    const latencies = answered.map((row) => row.latencyMs[candidate] ?? 0).sort((a, b) => a - b);
    const micro = answered.reduce((sum, row) => sum + (row.costMicroUsd[candidate] ?? 0), 0);
    return {
      name,
      failed: rows.length - answered.length,
      latencyP50Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.5),
      latencyP95Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.95),
      costPer1k: answered.length === 0 ? 0 : micro / answered.length / 1000,
      onFrontier: false,
      scores: evaluators.map((_, evaluator) => {
        const all = rows.map((row) => score(row, candidate, evaluator));
        const known = all.filter((one) => !Number.isNaN(one));
        const without = answered.map((row) => score(row, candidate, evaluator)).filter((one) => !Number.isNaN(one));
        return {
          ...meanInterval(known),
          n: known.length,
          unscored: all.length - known.length,
          withoutFailures: meanInterval(without),
        };
      }),
    };
  });
  const marked = markFrontier(figures);
  const comparisons = evaluators.flatMap((_, evaluator) => {
    const pairs = pairsOf(candidates.length).map(([a, b]) => {
      const both = rows
        .map((row) => [score(row, a, evaluator), score(row, b, evaluator)] as const)
        .filter(([one, other]) => !Number.isNaN(one) && !Number.isNaN(other));
      return { a, b, ...comparePairs(both, looked) };
    });
    const corrected = holm(pairs.map(({ p }) => p));
    return pairs.map(({ a, b, ...found }, i): Comparison => {
      const p = corrected[i] ?? 1;
      const names = { a: candidates[a] ?? "", b: candidates[b] ?? "" };
      return { evaluator, ...names, ...found, p, moreExamples: p < 0.05 ? null : found.moreExamples };
    });
  });
  const said = { figures: marked, comparisons: comparisons.filter(({ evaluator }) => evaluator === 0), n: rows.length };
  return {
    n: rows.length,
    ...sentenceOf(said),
    warnings: warningsOf(said, evaluators),
    candidates: marked,
    comparisons,
    slices: slicesOf(rows, candidates.length, evaluators.length),
  };
}

/** Wilson's where all are right or wrong, else the bootstrap's. */
export function meanInterval(values: readonly number[]): Interval {
  if (values.length === 0) return { score: 0, low: 0, high: 1 };
  if (!values.every((one) => one === 0 || one === 1)) return bootstrap(values);
  return wilson(values.filter((one) => one === 1).length, values.length);
}

function comparePairs(pairs: readonly (readonly [number, number])[], looked: boolean) {
  const wins = pairs.filter(([a, b]) => a > b).length;
  const losses = pairs.filter(([a, b]) => a < b).length;
  const counts = { wins, losses, ties: pairs.length - wins - losses };
  const [a, b] = [pairs.map(([one]) => one), pairs.map(([, one]) => one)];
  const gaps = pairs.map(([one, other]) => one - other);
  const plain = pairs.every((pair) => pair.every((one) => one === 0 || one === 1));
  const found = plain ? pairedShares(wins, losses, pairs.length) : pairedBootstrap(a, b);
  let p = plain ? mcnemar(wins, losses) : signFlip(a, b);
  if (looked) {
    const bets = new Bets();
    for (const gap of gaps) bets.add(gap);
    p = bets.p;
  }
  const needed = examplesNeeded({ difference: found.score, deviation: Math.sqrt(variance(gaps)) });
  const moreExamples = Number.isFinite(needed) && needed < 1e6 ? Math.max(0, needed - pairs.length) : null;
  return { difference: found.score, low: found.low, high: found.high, p, ...counts, moreExamples };
}

function pairsOf(count: number): [number, number][] {
  return Array.from({ length: count }, (_, a) => a).flatMap((a) =>
    Array.from({ length: count - a - 1 }, (_, i): [number, number] => [a, a + 1 + i]),
  );
}

/** Quality against cost, or against time where nothing costs anything. */
function markFrontier(figures: readonly CandidateFigures[]): CandidateFigures[] {
  const free = figures.every(({ costPer1k }) => costPer1k === 0);
  const price = (one: CandidateFigures) => (free ? one.latencyP95Ms : one.costPer1k);
  const quality = (one: CandidateFigures) => one.scores[0]?.score ?? 0;
  return figures.map((own) => ({
    ...own,
    onFrontier: !figures.some(
      (other) =>
        other !== own &&
        quality(other) >= quality(own) &&
        price(other) <= price(own) &&
        (quality(other) > quality(own) || price(other) < price(own)),
    ),
  }));
}
