import { createHash } from "node:crypto";

/** A target's share of an alias's requests, in percent. */
export interface Share<T> {
  readonly key: string;
  readonly share: number;
  readonly target: T;
}

/**
 * Picks a target by weighted rendezvous hashing (Thaler and Ravishankar 1998; weights as in Schindelhauer and Schomaker
 * 2005): each target scores −w / ln(u) with u uniform from the hash, the highest wins. The same affinity always gets the
 * same target, and a changed share moves only those that it has to.
 */
export function pick<T>(shares: readonly Share<T>[], affinity: string): T | undefined {
  let best: T | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { key, share, target } of shares) {
    const score = shares.length === 1 ? 1 : -share / Math.log(uniform(`${key}\0${affinity}`));
    if (score > highest) {
      highest = score;
      best = target;
    }
  }
  return best;
}

/** In (0, 1), from 52 bits of SHA-256. */
function uniform(text: string): number {
  const bits = createHash("sha256").update(text).digest().readBigUInt64BE() >> 12n;
  return (Number(bits) + 0.5) / 2 ** 52;
}
