import type { Affinity } from "./affinity.ts";
import { type HotKey, HotKeys } from "./hot-keys.ts";
import { rank } from "./rendezvous.ts";

/** Where a request can go. */
export interface Spot {
  readonly id: string;
  /** Requests that wait or run there. */
  readonly load: number;
}

/** How requests found their places: near their prefix, as a part of a hot key, past a full place, or where least was. */
export interface Placements {
  readonly sticky: number;
  readonly spread: number;
  readonly spilled: number;
  readonly free: number;
}

/** A place takes at most this many times the average. */
const overAverage = 1.25;
/** So many requests share a replica's steps without harm: below it nothing is gained by going elsewhere. */
const harmless = 4;

/** The most that a place takes when one more request comes (Mirrokni, Thorup and Zadimoghaddam 2018). */
export function loadBound(loads: readonly number[]): number {
  const total = loads.reduce((sum, load) => sum + load, 1);
  return Math.max(harmless, Math.ceil((overAverage * total) / Math.max(1, loads.length)));
}

/**
 * Chooses places so that a prefix, a user or a session finds again what was computed for it, and no place gets more than its
 * bound: rendezvous hashing with bounded loads, hot keys spread. Holds no clock and does no I/O.
 */
export class Sticky {
  readonly #hot = new HotKeys();
  readonly #placements = { sticky: 0, spread: 0, spilled: 0, free: 0 };

  get placements(): Placements {
    return { ...this.#placements };
  }

  hotKeys(places: number, now: number): HotKey[] {
    return this.#hot.list(places, now);
  }

  /**
   * The places from the one to be asked first to the last resort. Empty where there are none.
   * @param now in ms
   */
  order<T extends Spot>(affinity: Affinity | undefined, places: readonly T[], now: number): T[] {
    if (affinity === undefined) {
      this.#placements.free += 1;
      return places.toSorted((a, b) => a.load - b.load);
    }
    const spread = this.#hot.add(affinity, places.length, now);
    const ranked = rank(affinity.key, places);
    // One conversation of a hot key stays in one of its places.
    const near = spread > 1 ? rank(affinity.fine, ranked.slice(0, spread)) : ranked.slice(0, 1);
    const all = [...near, ...ranked.slice(near.length)];
    const bound = loadBound(places.map(({ load }) => load));
    const roomy = all.filter(({ load }) => load < bound);
    const [first] = roomy;
    if (first !== undefined && first !== all[0]) this.#placements.spilled += 1;
    else if (spread > 1) this.#placements.spread += 1;
    else this.#placements.sticky += 1;
    return [...roomy, ...all.filter(({ load }) => load >= bound)];
  }
}
