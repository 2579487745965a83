/** Weight of a new measurement, once there are some. */
const FRESH = 0.1;
/** What a row more is taken to cost until it was measured, as a share of a step that decodes one text. */
const ASSUMED = 0.2;
/** Plain steps that must be known before guesses are weighed against them, and guessed steps between two later ones. */
const FIRST_PLAIN = 3;
const BETWEEN_PLAIN = 64;
/** A step that was held up by something else says nothing: a row costs between these shares of a step. */
const LEAST = 0.005;
const MOST = 1;

/** A mean that forgets: of few values the plain mean, of many the later ones weigh more. */
class Mean {
  value: number;
  #count: number;

  /** What it was worth at first, and the measurements since. */
  get count(): number {
    return this.#count;
  }

  /** @param weight how many measurements the first value is worth */
  constructor(first: number, weight: number) {
    this.value = first;
    this.#count = weight;
  }

  add(value: number): void {
    this.#count += 1;
    this.value += Math.max(FRESH, 1 / this.#count) * (value - this.value);
  }
}

/** What guesses cost beside a step's decodes, learnt from the steps themselves, for each number of texts that decode. */
export class StepCosts {
  /** ms of a step that decodes so many texts and does nothing else. */
  readonly #plain = new Map<number, Mean>();
  /** What a row more adds to it, as a share of it. */
  readonly #rows = new Map<number, Mean>();
  /** ms of one round of a draft model, which guesses one token of each of so many texts. */
  readonly #rounds = new Map<number, Mean>();
  /** Steps with guesses since the last plain one. */
  readonly #since = new Map<number, number>();

  /** Whether a step of so many texts should go without guesses, so that it is known what they are compared with. */
  needsPlain(texts: number): boolean {
    return (this.#plain.get(texts)?.count ?? 0) < FIRST_PLAIN || (this.#since.get(texts) ?? 0) >= BETWEEN_PLAIN;
  }

  /** What verifying one token more of one of so many texts costs: in tokens that the time would have brought otherwise. */
  ofRow(texts: number): number {
    // A share of a step that brings as many tokens as there are texts.
    return texts * (this.#rows.get(texts)?.value ?? ASSUMED / texts);
  }

  /** What one round costs each of so many texts that a draft model guesses for together, in tokens as above. */
  ofRound(texts: number): number {
    const round = this.#rounds.get(texts)?.value;
    const plain = this.#plain.get(texts)?.value;
    return round === undefined || !plain ? ASSUMED : round / plain;
  }

  /**
   * @param texts that decode in the step; it does nothing else.
   * @param extra rows beyond one each.
   */
  observe(texts: number, extra: number, ms: number): void {
    const plain = this.#plain.get(texts);
    this.#since.set(texts, extra === 0 ? 0 : (this.#since.get(texts) ?? 0) + 1);
    if (extra === 0) {
      if (plain) plain.add(ms);
      else this.#plain.set(texts, new Mean(ms, 1));
      return;
    }
    if (!plain || plain.value === 0) return;
    const row = this.#rows.get(texts) ?? new Mean(ASSUMED / texts, 1);
    this.#rows.set(texts, row);
    row.add(Math.min(MOST, Math.max(LEAST, (ms / plain.value - 1) / extra)));
  }

  observeRound(texts: number, ms: number): void {
    const round = this.#rounds.get(texts);
    if (round) round.add(ms);
    else this.#rounds.set(texts, new Mean(ms, 1));
  }
}
