import type { Affinity } from "./affinity.ts";
import { DecayedCounts } from "./count-min.ts";

/** A key that came often of late. */
export interface HotKey {
  readonly kind: Affinity["kind"];
  readonly label: string;
  /** Whose requests it is of. */
  readonly scope: string;
  /** Of all requests of late, from 0 to 1. */
  readonly share: number;
  readonly requestsPerSecond: number;
  /** Over how many places it is spread; 1 where it stays in one. */
  readonly places: number;
}

const halfLifeMs = 10_000;
/** Requests of late (about two a second for a while) below which a key is never spread: its prefix is worth more. */
const hotFrom = 30;
const followed = 32;
/** The steady count of one request a second: ∫ 2^(−t ÷ half-life) dt. */
const steadySeconds = halfLifeMs / 1000 / Math.LN2;

/** Finds the keys that bring more than one place's part of the requests. Holds no clock. */
export class HotKeys {
  readonly #counts = new DecayedCounts({ halfLifeMs });
  readonly #followed = new Map<string, Affinity>();

  /** Counts a request. @returns over how many of `places` its key is to be spread */
  add(affinity: Affinity, places: number, now: number): number {
    const { key } = affinity;
    const count = this.#counts.add(key, now);
    if (!this.#followed.has(key)) this.#follow(affinity, count, now);
    return this.#spread(count, places, now);
  }

  /** Those that came most often, first the hottest. */
  list(places: number, now: number, most = 8): HotKey[] {
    const total = Math.max(this.#counts.total(now), Number.MIN_VALUE);
    return [...this.#followed.values()]
      .map(({ key, kind, label, scope }): HotKey => {
        const count = this.#counts.estimate(key, now);
        return {
          kind,
          label,
          scope,
          share: Math.min(1, count / total),
          requestsPerSecond: count / steadySeconds,
          places: this.#spread(count, places, now),
        };
      })
      .filter(({ requestsPerSecond }) => requestsPerSecond >= 0.1)
      .sort((a, b) => b.share - a.share)
      .slice(0, most);
  }

  #spread(count: number, places: number, now: number): number {
    if (count < hotFrom) return 1;
    return Math.max(1, Math.min(places, Math.ceil((count / this.#counts.total(now)) * places - 1e-9)));
  }

  #follow(affinity: Affinity, count: number, now: number): void {
    if (this.#followed.size >= followed) {
      let coldest: string | undefined;
      let least = count;
      for (const key of this.#followed.keys()) {
        const other = this.#counts.estimate(key, now);
        if (other < least) [coldest, least] = [key, other];
      }
      if (coldest === undefined) return;
      this.#followed.delete(coldest);
    }
    this.#followed.set(affinity.key, affinity);
  }
}
