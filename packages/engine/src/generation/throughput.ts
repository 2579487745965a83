/** Time in which what was counted loses half its weight. */
const HALF_LIFE_MS = 2_000;

/** Events per second, the recent ones weighing more: an exponential moving rate. */
export class Throughput {
  #weight = 0;
  #at = 0;

  /** @param now in ms */
  add(events: number, now: number): void {
    this.#weight = this.#decayed(now) + events;
    this.#at = now;
  }

  perSecond(now: number): number {
    // A steady rate r keeps the weight at r · halfLife / ln 2.
    return (this.#decayed(now) * Math.LN2 * 1000) / HALF_LIFE_MS;
  }

  #decayed(now: number): number {
    return this.#weight * 2 ** (-(now - this.#at) / HALF_LIFE_MS);
  }
}
