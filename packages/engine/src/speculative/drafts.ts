import type { StepCosts } from "./step-costs.ts";

/** Lengths that are weighed against each other. */
const LENGTHS = [1, 2, 3, 4, 6, 8, 12, 15] as const;
/** What a guess must promise at least, in tokens a step. */
const WORTH = 0.1;
/** Guesses that are let pass before one is tried again, at first and at most. */
const FIRST_REST = 16;
const LONGEST_REST = 256;
/** Tokens that a draft model reads for the sake of one try. */
const READ_TO_TRY = 32;
/** Weight of one guessed token. */
const FRESH = 0.15;

/** Where guesses come from: out of the text itself, which costs nothing, or from a smaller model. */
export type GuessSource = "prompt-lookup" | "draft-model";

/** How far guesses are to be trusted. */
export class Trust {
  #right = 0.5;
  #rest = 0;
  #nextRest = FIRST_REST;

  /** How likely the next token of a guess is right. */
  get right(): number {
    return this.#right;
  }

  /** Whether, of guesses that don't pay, this one is made. */
  tries(): boolean {
    this.#rest -= 1;
    if (this.#rest > 0) return false;
    this.#nextRest = Math.min(LONGEST_REST, this.#nextRest * 2);
    this.#rest = this.#nextRest;
    return true;
  }

  observe(wasRight: boolean): void {
    this.#right += FRESH * (Number(wasRight) - this.#right);
  }

  /** Tries are due sooner again. */
  rouse(): void {
    this.#nextRest = FIRST_REST;
  }
}

/** One text's guesses: how long they should be, by how often they were right and what they cost; none when they don't pay. */
export class Drafts {
  readonly #costs: StepCosts;
  readonly #source: GuessSource;
  readonly #trust: Trust;
  #tokens = 0;
  #accepted = 0;

  /** @param trust shared by texts of which one's guesses tell of another's: all that the same model guesses for. */
  constructor(costs: StepCosts, source: GuessSource, trust = new Trust()) {
    this.#costs = costs;
    this.#source = source;
    this.#trust = trust;
  }

  /** Tokens guessed and verified so far, and how many of them were right. */
  get counts(): { readonly tokens: number; readonly accepted: number } {
    return { tokens: this.#tokens, accepted: this.#accepted };
  }

  /**
   * How many tokens to guess now that a guess could be made; asking counts as a turn.
   * @param most what may still be written after the next token.
   * @param texts that decode in the same step.
   * @param unread tokens that a draft model would have to read first: a mere try is not worth many.
   */
  length(most: number, texts: number, unread = 0): number {
    if (most < 1 || this.#costs.needsPlain(texts)) return 0;
    const best = this.#best(texts);
    if (best > 0) return Math.min(most, best);
    // It doesn't pay; now and then one is tried all the same, for texts change.
    return unread <= READ_TO_TRY && this.#trust.tries() ? 1 : 0;
  }

  observe(guessed: number, accepted: number): void {
    this.#tokens += guessed;
    this.#accepted += accepted;
    // Every right token, and the wrong one that ended it, is a trial.
    const trials = Math.min(guessed, accepted + 1);
    for (let i = 0; i < trials; i++) this.#trust.observe(i < accepted);
    // A right one out of the text itself shows that it has begun to repeat; of a model it shows nothing about what it costs.
    if (accepted > 0 && this.#source === "prompt-lookup") this.#trust.rouse();
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
        chance *= this.#trust.right;
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
