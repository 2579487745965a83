/** Weight of a new measurement. */
const FRESH = 0.1;
/** What a row more is taken to cost until it was measured, as a share of a step. */
const ASSUMED = 0.2;

/** What rows cost that are computed on top of a step's decodes, as a share of the step: learnt from the steps themselves. */
export class StepCosts {
  /** ms of a step that decodes so many sequences and does nothing else. */
  readonly #plain = new Map<number, number>();
  #extra = ASSUMED;

  /** Of one row more. */
  get extraRow(): number {
    return this.#extra;
  }

  /**
   * @param sequences that decode in it; the step does nothing else.
   * @param extra rows beyond one each.
   */
  observe(sequences: number, extra: number, ms: number): void {
    const plain = this.#plain.get(sequences);
    if (extra === 0) {
      this.#plain.set(sequences, plain === undefined ? ms : plain + FRESH * (ms - plain));
      return;
    }
    if (plain === undefined || plain === 0) return;
    // A step that was held up by something else says nothing about rows.
    const share = Math.min(1, Math.max(0.005, (ms / plain - 1) / extra));
    this.#extra += FRESH * (share - this.#extra);
  }
}
