import { shareAtLeast } from "@tugboat/statistics";

/** A question near a kept one, and whether the answer it got was the kept one. */
export interface Verified {
  /** Cosine of the two questions' vectors. */
  readonly similarity: number;
  readonly same: boolean;
}

/** How sure the bounds are, tried in turn: a surer one is lower but is wrong more rarely. */
const doubts = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
/** So many of the nearest verified ones below a similarity are looked at. */
const windows = [8, 16, 32, 64, 128, 256];
/** Fewer say nothing. */
const fewest = 4;

/**
 * With which probability a question must be asked anew, so that of all questions like it at most `maxError` get an answer
 * that they would not have got otherwise. The scheme is vCache's (Schroeder et al. 2025, "vCache: Verified Semantic Prompt
 * Caching"): if a kept answer is right with probability at least p, then asking anew with probability
 * (1 - maxError - p) / (1 - p) keeps the bound, whatever is done with the rest.
 *
 * p is bounded from below without a model of it. That a nearer question is at least as likely to have the same answer is
 * all that is assumed: the share of same answers among verified questions no nearer than this one bounds p, by Clopper and
 * Pearson's interval, over several window sizes at once (Bonferroni).
 *
 * @param verified of the kept question that is nearest, in any order
 */
export function askAnewProbability(verified: readonly Verified[], similarity: number, maxError: number): number {
  const below = verified.filter((one) => one.similarity <= similarity).sort((a, b) => b.similarity - a.similarity);
  if (below.length < fewest) return 1;
  const seen = windows
    .filter((size, i) => i === 0 || size <= below.length)
    .map((size) => below.slice(0, size))
    .map((window) => ({ count: window.length, same: window.filter((one) => one.same).length }));
  let least = 1;
  for (const doubt of doubts) {
    for (const { count, same } of seen) {
      const sure = (1 - doubt) * bound(same, count, doubt / windows.length);
      least = Math.min(least, (1 - maxError - sure) / (1 - sure));
    }
  }
  return Math.min(1, Math.max(0, least));
}

/** Windows have few sizes: the same bounds are asked for again and again. */
const known = new Map<string, number>();

function bound(same: number, count: number, alpha: number): number {
  const key = `${same} ${count} ${alpha}`;
  const found = known.get(key) ?? shareAtLeast(same, count, alpha);
  known.set(key, found);
  return found;
}
