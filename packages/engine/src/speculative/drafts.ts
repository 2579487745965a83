import { PromptLookup } from "./prompt-lookup.ts";
import type { StepCosts } from "./step-costs.ts";

/** Lengths that are weighed against each other. */
const LENGTHS = [1, 2, 3, 4, 6, 8, 12, 15] as const;
/** What a guess must promise at least, in tokens a step. */
const WORTH = 0.1;
/** Guesses that are let pass before one is tried again, at first and at most. */
const FIRST_REST = 16;
const LONGEST_REST = 256;

/** One text's guesses: how long they should be, by how often they were right and what they cost; none when they don't pay. */
export class Drafts {
  readonly #lookup = new PromptLookup();
  readonly #costs: StepCosts;
  /** How likely the next token of a guess is right. */
  #right = 0.5;
  #rest = 0;
  #nextRest = FIRST_REST;
  #tokens = 0;
  #accepted = 0;

  constructor(costs: StepCosts) {
    this.#costs = costs;
  }

  /** Tokens guessed and verified so far, and how many of them were right. */
  get counts(): { readonly tokens: number; readonly accepted: number } {
    return { tokens: this.#tokens, accepted: this.#accepted };
  }

  /** @param most what may still be written after the next token. */
  propose(tokens: Int32Array, most: number): readonly number[] {
    const length = Math.min(most, this.#length());
    const draft = this.#lookup.propose(tokens, Math.max(1, length));
    if (draft.length === 0 || most < 1) return [];
    if (length > 0) return draft;
    // It doesn't pay; now and then one is tried all the same, for texts change.
    this.#rest -= 1;
    if (this.#rest > 0) return [];
    this.#nextRest = Math.min(LONGEST_REST, this.#nextRest * 2);
    this.#rest = this.#nextRest;
    return draft;
  }

  observe(guessed: number, accepted: number): void {
    this.#tokens += guessed;
    this.#accepted += accepted;
    // Every right token, and the wrong one that ended it, is a trial.
    const trials = Math.min(guessed, accepted + 1);
    for (let i = 0; i < trials; i++) this.#right += 0.15 * (Number(i < accepted) - this.#right);
    if (accepted > 0) this.#nextRest = FIRST_REST;
  }

  /** Tokens that are most worth their rows; 0 when none are. */
  #length(): number {
    const row = this.#costs.extraRow;
    let best = 0;
    let most = WORTH;
    let expected = 0;
    let chance = 1;
    let counted = 0;
    for (const length of LENGTHS) {
      for (; counted < length; counted++) {
        chance *= this.#right;
        expected += chance;
      }
      const gain = expected - length * row;
      if (gain <= most) continue;
      best = length;
      most = gain;
    }
    return best;
  }
}
