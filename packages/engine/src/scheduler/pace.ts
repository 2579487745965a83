export interface PaceLimits {
  /** Rows of prefill in a step that also decodes: to begin with, or always when there is no target. */
  readonly startRows: number;
  readonly maxRows: number;
  /** What a step with decodes may take in ms, so that those who read along see text flow. */
  readonly targetMs: number | undefined;
}

/** Prefill never stops altogether: whoever waits for a first token waits as well. */
const LEAST_ROWS = 16;

/** How much prefill rides along with decodes, learned from how long such steps take. */
export class Pace {
  readonly #limits: PaceLimits;
  #rows: number;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#rows = limits.startRows;
  }

  /**
   * Rows of prefill for the next step with so many decodes. Where there is a target at least four times as many, even if
   * they take longer: a newcomer's prompt is then read at three quarters of the speed that it has alone, or more.
   */
  rowsBeside(decodes: number): number {
    return this.#limits.targetMs === undefined ? this.#rows : Math.max(this.#rows, 4 * decodes);
  }

  /** A step of so many rows took so long. Grows slowly and only where the limit was felt, shrinks at once. */
  observe(decodeRows: number, prefillRows: number, ms: number): void {
    const { maxRows, targetMs } = this.#limits;
    if (targetMs === undefined || decodeRows === 0 || prefillRows === 0) return;
    if (ms > targetMs) {
      const fitting = Math.floor(prefillRows * Math.max(0.5, targetMs / ms));
      this.#rows = Math.max(Math.min(LEAST_ROWS, this.#rows), Math.min(this.#rows, fitting));
    } else if (prefillRows >= this.rowsBeside(decodeRows)) {
      this.#rows = Math.min(maxRows, Math.ceil(this.#rows * 1.25));
    }
  }
}
