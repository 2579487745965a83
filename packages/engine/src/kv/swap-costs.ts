import { BLOCK_TOKENS } from "./blocks.ts";

/** Weight of a new measurement. */
const FRESH = 0.2;

/**
 * Whether a block that must go is better copied to the host's memory and back, or computed again when it is wanted: learnt
 * from what copies and prompts take here.
 */
export class SwapCosts {
  #saveMs: number | undefined;
  #loadMs: number | undefined;
  #tokenMs: number | undefined;
  #saved = 0;
  #loaded = 0;

  /** Blocks copied out and back so far. */
  get counts(): { readonly saved: number; readonly loaded: number } {
    return { saved: this.#saved, loaded: this.#loaded };
  }

  /**
   * @param awaited whether somebody is sure to want it again, as a text that was preempted does. Else the chance is that of
   *   those before it.
   */
  isWorthSaving(awaited: boolean): boolean {
    const { recomputeMs, saveMs } = this.#estimates;
    const chance = awaited ? 1 : (this.#loaded + 1) / (this.#saved + 2);
    return saveMs < chance * (recomputeMs - this.#estimates.loadMs);
  }

  isWorthLoading(): boolean {
    const { loadMs, recomputeMs } = this.#estimates;
    return loadMs < recomputeMs;
  }

  observeSaved(blocks: number, ms: number): void {
    this.#saveMs = mean(this.#saveMs, ms / blocks);
    this.#saved += blocks;
  }

  observeLoaded(blocks: number, ms: number): void {
    this.#loadMs = mean(this.#loadMs, ms / blocks);
    this.#loaded += blocks;
  }

  /** Of a step that did nothing but read prompts. */
  observeRead(tokens: number, ms: number): void {
    this.#tokenMs = mean(this.#tokenMs, ms / tokens);
  }

  /** ms a block. What was never done is taken to cost nothing, so that it is tried and measured. */
  get #estimates() {
    const saveMs = this.#saveMs ?? 0;
    return {
      saveMs,
      loadMs: this.#loadMs ?? saveMs,
      recomputeMs: (this.#tokenMs ?? Number.POSITIVE_INFINITY) * BLOCK_TOKENS,
    };
  }
}

function mean(before: number | undefined, value: number): number {
  return before === undefined ? value : before + FRESH * (value - before);
}
