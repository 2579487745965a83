/** Tokens that must be the same for what follows to be worth a guess. */
const GRAM = 3;
/** Larger than any vocabulary: three tokens make one number. */
const BASE = 200_003;

/**
 * Guesses how a text goes on: as it did where its last three tokens stood before (prompt look-up decoding, Saxena 2023,
 * https://github.com/apoorvumang/prompt-lookup-decoding). Free to make, right where an answer copies or repeats.
 */
export class PromptLookup {
  /** Where the text went on after three tokens, the latest place. */
  readonly #after = new Map<number, number>();
  #indexed = GRAM;

  /**
   * @param tokens prompt and answer so far; each call gets the same text, as long or longer.
   * @returns up to `most` tokens; none when the last three never stood together before.
   */
  propose(tokens: Int32Array, most: number): number[] {
    const { length } = tokens;
    const from = most < 1 ? undefined : this.#find(tokens);
    if (from === undefined) return [];
    const draft: number[] = [];
    for (let i = from; draft.length < most; i++) draft.push(i < length ? tokens[i]! : draft[i - length]!);
    return draft;
  }

  /** Whether `propose` would find something. */
  knows(tokens: Int32Array): boolean {
    return this.#find(tokens) !== undefined;
  }

  #find(tokens: Int32Array): number | undefined {
    const { length } = tokens;
    if (length <= GRAM) return undefined;
    for (; this.#indexed < length; this.#indexed++) this.#after.set(keyOf(tokens, this.#indexed), this.#indexed);
    return this.#after.get(keyOf(tokens, length));
  }
}

/** Of the three tokens before `end`. Two that share a key cost a wrong guess and nothing else. */
function keyOf(tokens: Int32Array, end: number): number {
  return (tokens[end - 3]! * BASE + tokens[end - 2]!) * BASE + tokens[end - 1]!;
}
