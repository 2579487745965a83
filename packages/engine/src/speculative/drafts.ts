import type { StepCosts } from "./step-costs.ts";

/** Lengths that are weighed against each other. */
const LENGTHS = [1, 2, 3, 4, 6, 8, 12, 15] as const;
/** What a guess must promise at least, in tokens a step. */
const WORTH = 0.1;
/** Guesses that are let pass before one is tried again, at first and at most. */
const FIRST_REST = 16;
const LONGEST_REST = 256;
/** Weight of one guessed token. */
const FRESH = 0.15;

/** Where guesses come from: out of the text itself, which costs nothing, or from a smaller model. */
export type GuessSource = "prompt-lookup" | "draft-model";

/** One text's guesses: how long they should be, by how often they were right and what they cost; none when they don't pay. */
export class Drafts {
  readonly #costs: StepCosts;
  readonly #source: GuessSource;
  /** How likely the next token of a guess is right. */
  #right = 0.5;
  #rest = 0;
  #nextRest = FIRST_REST;
  #tokens = 0;
  #accepted = 0;

  constructor(costs: StepCosts, source: GuessSource) {
    this.#costs = costs;
    this.#source = source;
  }

  /** Tokens guessed and verified so far, and how many of them were right. */
  get counts(): { readonly tokens: number; readonly accepted: number } {
    return { tokens: this.#tokens, accepted: this.#accepted };
  }

  /**
   * How many tokens to guess now that a guess could be made; asking counts as a turn.
   * @param most what may still be written after the next token.
   * @param texts that decode in the same step.
   */
  length(most: number, texts: number): number {
    if (most < 1 || this.#costs.needsPlain(texts)) return 0;
    const best = this.#best(texts);
    if (best > 0) return Math.min(most, best);
    // It doesn't pay; now and then one is tried all the same, for texts change.
    this.#rest -= 1;
    if (this.#rest > 0) return 0;
    this.#nextRest = Math.min(LONGEST_REST, this.#nextRest * 2);
    this.#rest = this.#nextRest;
    return 1;
  }

  observe(guessed: number, accepted: number): void {
    this.#tokens += guessed;
    this.#accepted += accepted;
    // Every right token, and the wrong one that ended it, is a trial.
    const trials = Math.min(guessed, accepted + 1);
    for (let i = 0; i < trials; i++) this.#right += FRESH * (Number(i < accepted) - this.#right);
    if (accepted > 0) this.#nextRest = FIRST_REST;
  }

  /** Tokens that are most worth their cost; 0 when none are. */
  #best(texts: number): number {
    const round = this.#source === "draft-model" ? this.#costs.ofRound(texts) : 0;
    const cost = this.#costs.ofRow(texts) + round;
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
      const gain = expected - length * cost;
      if (gain <= most) continue;
      best = length;
      most = gain;
    }
    return best;
  }
}
