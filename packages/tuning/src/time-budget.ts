/** Keeps a run within its time, across kills: what earlier runs have spent is given in. */
export class TimeBudget {
  readonly #totalMs: number;
  readonly #spentMs: number;
  readonly #now: () => number;
  #begun: number;

  constructor(totalMs: number, spentMs = 0, now: () => number = () => performance.now()) {
    this.#totalMs = totalMs;
    this.#spentMs = spentMs;
    this.#now = now;
    this.#begun = now();
  }

  get spentMs(): number {
    return this.#spentMs + this.#now() - this.#begun;
  }

  get leftMs(): number {
    return Math.max(0, this.#totalMs - this.spentMs);
  }

  /** Time that does not count, such as waiting for room on the disk. */
  excuse(ms: number): void {
    this.#begun += ms;
  }

  /** Whether work of so long ends in time, with `reserveMs` kept for what must follow. */
  has(workMs: number, reserveMs = 0): boolean {
    return this.leftMs >= workMs + reserveMs;
  }
}
