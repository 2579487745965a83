/** Cuts a piece of text without added tokens into tokens. */
export interface SubwordModel {
  /**
   * Appends the ids of `text`, which is well-formed UTF-16, to `into`.
   * @param first nothing lies before it in the input.
   */
  encode(text: string, into: number[], first: boolean): void;
}

/** Remembers the tokens of short words, within bounds. */
export class WordCache {
  readonly #words = new Map<string, readonly number[]>();
  /** V8 copies slices up to 12 units and shares longer ones: a longer key would keep the whole text that it came from. */
  static readonly longest = 12;
  static readonly capacity = 1 << 15;

  get(word: string): readonly number[] | undefined {
    return this.#words.get(word);
  }

  set(word: string, ids: readonly number[]): void {
    if (word.length > WordCache.longest) return;
    if (this.#words.size >= WordCache.capacity) this.#words.clear();
    this.#words.set(word, ids);
  }
}
