import { byteFallbackText } from "./byte-alphabet.ts";
import { Merger, type Merges } from "./merger.ts";
import { PairTable } from "./pair-table.ts";
import { type SubwordModel, WordCache } from "./subword-model.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Merges over characters may meet characters that are no tokens: symbols from `vocabulary.size` on, named here. */
export interface CharacterMerges extends Merges {
  useUnknown(characters: readonly string[]): void;
}

/**
 * SentencePiece's BPE: two neighbours join when their joined text is a token, the best score first. What was looked up
 * is remembered, so that most steps touch no string.
 */
export class ScoredMerges implements CharacterMerges {
  readonly #vocabulary: Vocabulary;
  readonly #ranks: Int32Array;
  readonly #found = new PairTable(1 << 12);
  #unknown: readonly string[] = [];
  static readonly capacity = 1 << 20;

  /** @param scores one for each token. Equal scores are equal: then the leftmost pair goes first. */
  constructor(vocabulary: Vocabulary, scores: ArrayLike<number>) {
    this.#vocabulary = vocabulary;
    const distinct = Float64Array.from(new Set(Array.from(scores)))
      .sort()
      .reverse();
    const rankOf = new Map(Array.from(distinct, (score, rank) => [score, rank]));
    this.#ranks = Int32Array.from({ length: vocabulary.size }, (_, id) => rankOf.get(scores[id] ?? 0) ?? 0);
  }

  useUnknown(characters: readonly string[]): void {
    this.#unknown = characters;
  }

  find(left: number, right: number): number {
    const size = this.#vocabulary.size;
    if (left >= size || right >= size) return this.#lookUp(left, right);
    const known = this.#found.get(left, right);
    if (known >= 0) return known - 1;
    const found = this.#lookUp(left, right);
    if (this.#found.size >= ScoredMerges.capacity) this.#found.clear();
    this.#found.set(left, right, found + 1);
    return found;
  }

  rank(merge: number): number {
    return this.#ranks[merge]!;
  }

  result(merge: number): number {
    return merge;
  }

  /** Control and byte tokens are not text, whatever their names look like. */
  #lookUp(left: number, right: number): number {
    const id = this.#vocabulary.idOf(this.#text(left) + this.#text(right));
    if (id === undefined) return -1;
    return this.#vocabulary.isSpecial(id) || this.#vocabulary.kinds[id] === "byte" ? -1 : id;
  }

  #text(symbol: number): string {
    const size = this.#vocabulary.size;
    return symbol < size ? this.#vocabulary.texts[symbol]! : this.#unknown[symbol - size]!;
  }
}

export interface CharacterBpeOptions {
  /** Cuts a text into words; merges never cross their borders. Undefined: the text is one word. */
  readonly split?: (text: string, first: boolean) => readonly string[];
  readonly wholeWords?: boolean;
  /** Characters that are no tokens become their bytes' tokens, where the vocabulary has those. */
  readonly byteFallback: boolean;
  /** Stands for characters that are neither tokens nor bytes; undefined drops them. */
  readonly unknown: number | undefined;
  /** Neighbouring unknown characters give one token. */
  readonly fuseUnknown: boolean;
}

/** BPE that starts from characters, as SentencePiece does it. */
export class CharacterBpe implements SubwordModel {
  readonly #vocabulary: Vocabulary;
  readonly #merges: CharacterMerges | Merges;
  readonly #options: CharacterBpeOptions;
  readonly #byteIds: readonly (number | undefined)[];
  readonly #merger = new Merger();
  readonly #cache = new WordCache();
  readonly #encoder = new TextEncoder();
  #symbols = new Int32Array(256);

  constructor(vocabulary: Vocabulary, merges: CharacterMerges | Merges, options: CharacterBpeOptions) {
    this.#vocabulary = vocabulary;
    this.#merges = merges;
    this.#options = options;
    this.#byteIds = Array.from({ length: 256 }, (_, byte) =>
      options.byteFallback ? vocabulary.idOf(byteFallbackText(byte)) : undefined,
    );
  }

  encode(text: string, into: number[], first: boolean): void {
    if (this.#options.split === undefined) {
      this.#encodeWord(text, into);
      return;
    }
    for (const word of this.#options.split(text, first)) {
      let ids = this.#cache.get(word);
      if (ids === undefined) {
        const fresh: number[] = [];
        this.#encodeWord(word, fresh);
        this.#cache.set(word, fresh);
        ids = fresh;
      }
      for (const id of ids) into.push(id);
    }
  }

  #encodeWord(word: string, into: number[]): void {
    const size = this.#vocabulary.size;
    if (this.#options.wholeWords) {
      const whole = this.#vocabulary.idOf(word);
      if (whole !== undefined && !this.#vocabulary.isSpecial(whole)) {
        into.push(whole);
        return;
      }
    }
    if (this.#symbols.length < word.length) this.#symbols = new Int32Array(word.length);
    const unknown: string[] = [];
    let count = 0;
    for (const character of word) {
      const id = this.#vocabulary.idOf(character);
      this.#symbols[count++] =
        id === undefined || this.#vocabulary.isSpecial(id) ? size + unknown.push(character) - 1 : id;
    }
    if ("useUnknown" in this.#merges) this.#merges.useUnknown(unknown);
    const left = this.#merger.run(this.#symbols, count, this.#merges);
    let afterUnknown = false;
    for (let i = 0; i < left; i++) {
      const symbol = this.#symbols[i]!;
      if (symbol < size) {
        into.push(symbol);
        afterUnknown = false;
      } else {
        afterUnknown = this.#pushUnknown(unknown[symbol - size]!, afterUnknown, into);
      }
    }
  }

  /** Returns whether the unknown token stands for it. */
  #pushUnknown(character: string, afterUnknown: boolean, into: number[]): boolean {
    const bytes = Array.from(this.#encoder.encode(character), (byte) => this.#byteIds[byte]);
    if (bytes.every((id) => id !== undefined)) {
      into.push(...bytes);
      return false;
    }
    const { unknown, fuseUnknown } = this.#options;
    if (unknown !== undefined && !(fuseUnknown && afterUnknown)) into.push(unknown);
    return true;
  }
}
