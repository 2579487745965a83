import { byteFallbackText } from "./byte-alphabet.ts";
import { PairTable } from "./pair-table.ts";
import { type SubwordModel, WordCache } from "./subword-model.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface UnigramOptions {
  /** Cuts a text into words; tokens never cross their borders. Undefined: the text is one word. */
  readonly split?: (text: string, first: boolean) => readonly string[];
  readonly unknown: number | undefined;
  readonly byteFallback: boolean;
}

/** How much worse than the worst token an unknown character is. SentencePiece's constant. */
const unknownPenalty = 10;

/**
 * SentencePiece's unigram model (Kudo 2018): of all ways to cut a text into tokens, the one whose scores, log
 * probabilities, sum highest. Viterbi over a trie, linear in the text.
 */
export class Unigram implements SubwordModel {
  readonly #options: UnigramOptions;
  readonly #edges: PairTable;
  readonly #tokenAt: number[] = [-1];
  readonly #scores: Float64Array;
  readonly #unknownScore: number;
  readonly #byteIds: readonly (number | undefined)[];
  readonly #encoder = new TextEncoder();
  readonly #cache = new WordCache();
  #best = new Float64Array(0);
  #from = new Int32Array(0);
  #token = new Int32Array(0);

  /** @param scores one for each token. Added tokens count as 0, better than any normal one. */
  constructor(vocabulary: Vocabulary, scores: ArrayLike<number>, options: UnigramOptions) {
    this.#options = options;
    this.#edges = new PairTable(vocabulary.size * 4);
    this.#scores = new Float64Array(vocabulary.size);
    let worst = Number.POSITIVE_INFINITY;
    for (let id = 0; id < vocabulary.size; id++) {
      const kind = vocabulary.kinds[id];
      if (kind !== "normal" && kind !== "added" && kind !== "unused") continue;
      const score = kind === "added" ? 0 : (scores[id] ?? 0);
      this.#scores[id] = score;
      if (kind === "normal") worst = Math.min(worst, score);
      this.#insert(vocabulary.texts[id]!, id);
    }
    this.#unknownScore = (worst === Number.POSITIVE_INFINITY ? 0 : worst) - unknownPenalty;
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

  #insert(text: string, id: number): void {
    if (text === "") return;
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let child = this.#edges.get(node, unit);
      if (child < 0) {
        child = this.#tokenAt.push(-1) - 1;
        this.#edges.set(node, unit, child);
      }
      node = child;
    }
    this.#tokenAt[node] = id;
  }

  #encodeWord(word: string, into: number[]): void {
    const n = word.length;
    if (this.#best.length <= n) {
      this.#best = new Float64Array(n + 1);
      this.#from = new Int32Array(n + 1);
      this.#token = new Int32Array(n + 1);
    }
    const [best, from, token] = [this.#best, this.#from, this.#token];
    best.fill(Number.NEGATIVE_INFINITY, 0, n + 1);
    best[0] = 0;
    for (let at = 0; at < n; ) {
      const width = word.codePointAt(at)! > 0xffff ? 2 : 1;
      let characterFound = false;
      let node = 0;
      for (let end = at; end < n; ) {
        node = this.#edges.get(node, word.charCodeAt(end));
        if (node < 0) break;
        end++;
        const id = this.#tokenAt[node]!;
        if (id < 0) continue;
        if (end - at === width) characterFound = true;
        const score = best[at]! + this.#scores[id]!;
        if (score > best[end]!) {
          best[end] = score;
          from[end] = at;
          token[end] = id;
        }
      }
      const unknownScore = best[at]! + this.#unknownScore;
      if (!characterFound && unknownScore > best[at + width]!) {
        best[at + width] = unknownScore;
        from[at + width] = at;
        token[at + width] = -1;
      }
      at += width;
    }
    const ends: number[] = [];
    for (let end = n; end > 0; end = from[end]!) ends.push(end);
    let afterUnknown = false;
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i]!;
      if (token[end]! >= 0) {
        into.push(token[end]!);
        afterUnknown = false;
      } else {
        afterUnknown = this.#pushUnknown(word.slice(from[end]!, end), afterUnknown, into);
      }
    }
  }

  /** Returns whether the unknown token stands for it: a run of unknown characters gives one. */
  #pushUnknown(character: string, afterUnknown: boolean, into: number[]): boolean {
    const bytes = Array.from(this.#encoder.encode(character), (byte) => this.#byteIds[byte]);
    if (bytes.every((id) => id !== undefined)) {
      into.push(...bytes);
      return false;
    }
    if (this.#options.unknown !== undefined && !afterUnknown) into.push(this.#options.unknown);
    return true;
  }
}
