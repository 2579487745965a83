import { alphabetText, byteCharacter } from "./byte-alphabet.ts";
import { Merger, type Merges } from "./merger.ts";
import { PairTable } from "./pair-table.ts";
import { type SubwordModel, WordCache } from "./subword-model.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A merge as written: the two tokens. */
export type MergePair = readonly [left: string, right: string];

/** Merges in a list: the earlier, the sooner. */
export class RankedMerges implements Merges {
  readonly #table: PairTable;
  readonly #results: Int32Array;

  /** Pairs whose parts or whole are no tokens can never apply and are passed over. */
  constructor(pairs: readonly MergePair[], vocabulary: Vocabulary) {
    this.#table = new PairTable(pairs.length);
    this.#results = new Int32Array(pairs.length);
    pairs.forEach(([left, right], rank) => {
      const leftId = vocabulary.idOf(left);
      const rightId = vocabulary.idOf(right);
      const result = vocabulary.idOf(left + right);
      if (leftId === undefined || rightId === undefined || result === undefined) return;
      if (this.#table.get(leftId, rightId) >= 0) return;
      this.#table.set(leftId, rightId, rank);
      this.#results[rank] = result;
    });
  }

  find(left: number, right: number): number {
    return this.#table.get(left, right);
  }

  rank(merge: number): number {
    return merge;
  }

  result(merge: number): number {
    return this.#results[merge]!;
  }
}

export interface ByteLevelBpeOptions {
  /** Cuts a text into words; merges never cross their borders. */
  readonly split: (text: string, first: boolean) => readonly string[];
  /** Take a word that is a token whole. */
  readonly wholeWords: boolean;
  /** Stands for bytes that the vocabulary lacks; undefined drops them. */
  readonly unknown: number | undefined;
}

/** Byte-level BPE (Radford et al. 2019): words become bytes, bytes are merged by rank. */
export class ByteLevelBpe implements SubwordModel {
  readonly #vocabulary: Vocabulary;
  readonly #merges: Merges;
  readonly #options: ByteLevelBpeOptions;
  readonly #byteIds: Int32Array;
  readonly #merger = new Merger();
  readonly #cache = new WordCache();
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(256);
  #symbols = new Int32Array(256);

  constructor(vocabulary: Vocabulary, merges: Merges, options: ByteLevelBpeOptions) {
    this.#vocabulary = vocabulary;
    this.#merges = merges;
    this.#options = options;
    // A byte without a token is a symbol past the vocabulary: it merges with nothing and is told apart at the end.
    this.#byteIds = Int32Array.from({ length: 256 }, (_, byte) => {
      return vocabulary.idOf(byteCharacter(byte)) ?? vocabulary.size;
    });
  }

  encode(text: string, into: number[], first: boolean): void {
    for (const word of this.#options.split(text, first)) {
      const known = this.#cache.get(word);
      if (known !== undefined) {
        for (const id of known) into.push(id);
        continue;
      }
      const start = into.length;
      this.#encodeWord(word, into);
      this.#cache.set(word, into.slice(start));
    }
  }

  #encodeWord(word: string, into: number[]): void {
    if (this.#bytes.length < word.length * 3) {
      this.#bytes = new Uint8Array(word.length * 3);
      this.#symbols = new Int32Array(word.length * 3);
    }
    const { written } = this.#encoder.encodeInto(word, this.#bytes);
    if (this.#options.wholeWords) {
      const whole = this.#vocabulary.idOf(alphabetText(this.#bytes.subarray(0, written)));
      if (whole !== undefined && !this.#vocabulary.isSpecial(whole)) {
        into.push(whole);
        return;
      }
    }
    for (let i = 0; i < written; i++) this.#symbols[i] = this.#byteIds[this.#bytes[i]!]!;
    const count = this.#merger.run(this.#symbols, written, this.#merges);
    for (let i = 0; i < count; i++) {
      const symbol = this.#symbols[i]!;
      if (symbol < this.#vocabulary.size) into.push(symbol);
      else if (this.#options.unknown !== undefined) into.push(this.#options.unknown);
    }
  }
}
