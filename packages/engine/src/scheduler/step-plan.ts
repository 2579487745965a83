import type { BlockMove } from "../kv/blocks.ts";
import type { Sequence } from "./sequence.ts";

/** Rows `[start, start + count)` of one sequence, and who takes a token from the last of them. */
export interface StepEntry {
  readonly sequence: Sequence;
  readonly start: number;
  readonly count: number;
  /**
   * Empty in the middle of a prompt; more than one when choices share the prompt. With a draft: the sequence once for
   * each row.
   */
  readonly samples: readonly Sequence[];
  /** Guesses of the tokens after the sequence's last, one row each, which the rows' samples verify. */
  readonly draft: readonly number[];
}

export interface StepPlan {
  /** Decodes first, then chunks of prefill. */
  readonly entries: readonly StepEntry[];
  /** Owed before anything of the step is written, in this order. */
  readonly moves: readonly BlockMove[];
  readonly rows: number;
  readonly samples: number;
}
