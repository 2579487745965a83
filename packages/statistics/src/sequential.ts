import { logBeta } from "./distributions.ts";

/**
 * Evidence against "neither wins more often" from wins and losses alone: the likelihood ratio of a win's chance drawn
 * evenly from 0 to 1 against 1/2 (Robbins 1970). Under the null its mean is 1 at every moment, so that it exceeds 1/α
 * at any time with probability α at most (Ville 1939): one may look after each example.
 * @returns its natural logarithm
 */
export function logEvidenceOfWins(wins: number, losses: number): number {
  return logBeta(wins + 1, losses + 1) + (wins + losses) * Math.LN2;
}

/**
 * The same against any chance: of events that fall on one side with the chance `share` if both sides are alike, as
 * failures do between a canary and what it would replace.
 * @returns its natural logarithm
 */
export function logEvidenceOfShare(hits: number, misses: number, share: number): number {
  return logBeta(hits + 1, misses + 1) - hits * Math.log(share) - misses * Math.log1p(-share);
}

/**
 * Evidence that the mean of paired differences in [−1, 1] is not 0, as it grows: money that bets on either side with a
 * stake set by what was seen before (Waudby-Smith and Ramdas 2024, hedged capital with predictable plug-in stakes).
 */
export class Bets {
  #up = 0;
  #down = 0;
  #sum = 0;
  #squares = 0;
  #count = 0;
  #most = 0;

  /** @param difference within [−1, 1] */
  add(difference: number): void {
    const d = Math.min(1, Math.max(-1, difference));
    const center = this.#sum / (this.#count + 1);
    const spread = (this.#squares + 0.25) / (this.#count + 1);
    // The stake that grows fastest is about mean ÷ variance; half of all is the most, so that nobody is ever ruined.
    const stake = Math.min(0.5, Math.max(0.05, Math.abs(center) / Math.max(1e-6, spread + center * center)));
    this.#up += Math.log1p(stake * d);
    this.#down += Math.log1p(-stake * d);
    this.#count++;
    this.#sum += d;
    this.#squares += (d - this.#sum / this.#count) ** 2;
    this.#most = Math.max(this.#most, this.logEvidence);
  }

  get count(): number {
    return this.#count;
  }

  /** Natural logarithm of the money now, of 1 at first: half bet on either side. */
  get logEvidence(): number {
    const larger = Math.max(this.#up, this.#down);
    return larger + Math.log(Math.exp(this.#up - larger) + Math.exp(this.#down - larger)) - Math.LN2;
  }

  /** A p-value that stays valid however often one looks: one over the most money there ever was. */
  get p(): number {
    return Math.min(1, Math.exp(-this.#most));
  }
}

/** The always valid p of paired differences in [−1, 1], looked at after each. */
export function sequentialP(gaps: Iterable<number>): number {
  const bets = new Bets();
  for (const gap of gaps) bets.add(gap);
  return bets.p;
}
