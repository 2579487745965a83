import type { Tokenizer } from "../tokenizer/types.ts";
import { GrammarError } from "./errors.ts";
import type { Matcher, Position } from "./matcher.ts";

/** Positions that one mask may make: what takes more would hold every other request up. */
const MAX_WORK = 20_000;
/** Masks kept at most, in bytes, for each grammar. */
const MASK_BYTES = 16 * 2 ** 20;

/** A vocabulary's tokens in the order of their bytes, so that tokens with a common head are tried together. */
export class TokenOrder {
  readonly vocabulary: number;
  readonly endTokens: readonly number[];
  /** Token ids, ascending by bytes. */
  readonly ids: Uint32Array;
  /** Bytes of all tokens one after another, and where each begins; one more at the end. */
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  /** Bytes that a token shares with the one before it. */
  readonly shared: Uint16Array;

  /**
   * @param vocabulary columns of the logits; ids past the tokenizer's are never allowed
   * @param spoken control tokens that count as text, with their bytes
   */
  constructor(tokenizer: Tokenizer, vocabulary: number, spoken: ReadonlyMap<number, Uint8Array> = new Map()) {
    this.vocabulary = vocabulary;
    this.endTokens = [...tokenizer.endOfGeneration].filter((id) => id < vocabulary);
    const tokens: { id: number; bytes: Uint8Array }[] = [];
    for (let id = 0; id < Math.min(vocabulary, tokenizer.vocabularySize); id++) {
      // Control tokens are no text, and a token without bytes would let the text stand still for ever.
      const said = spoken.get(id);
      if (said === undefined && (tokenizer.isSpecial(id) || tokenizer.endOfGeneration.has(id))) continue;
      const bytes = said ?? tokenizer.tokenBytes(id);
      if (bytes.length > 0) tokens.push({ id, bytes });
    }
    tokens.sort((a, b) => compare(a.bytes, b.bytes));
    this.ids = Uint32Array.from(tokens, ({ id }) => id);
    this.offsets = new Uint32Array(tokens.length + 1);
    tokens.forEach(({ bytes }, i) => {
      this.offsets[i + 1] = this.offsets[i]! + bytes.length;
    });
    this.bytes = new Uint8Array(this.offsets[tokens.length]!);
    this.shared = new Uint16Array(tokens.length);
    tokens.forEach(({ bytes }, i) => {
      this.bytes.set(bytes, this.offsets[i]!);
      const before = tokens[i - 1]?.bytes ?? new Uint8Array();
      let common = 0;
      while (common < Math.min(before.length, bytes.length) && before[common] === bytes[common]) common += 1;
      this.shared[i] = common;
    });
  }
}

/** Which tokens may follow at a position of a grammar: `[vocabulary / 32]` u32, bit `t % 32` of word `t / 32` is token t. */
export class TokenMasks {
  readonly #matcher: Matcher;
  readonly #order: TokenOrder;
  readonly #words: number;
  #known = new Map<Position, Uint32Array<ArrayBuffer>>();

  constructor(matcher: Matcher, order: TokenOrder) {
    this.#matcher = matcher;
    this.#order = order;
    this.#words = Math.ceil(order.vocabulary / 32);
  }

  /** All zero when no token fits. @throws GrammarError `too-complex` */
  at(position: Position): Uint32Array<ArrayBuffer> {
    const known = this.#known.get(position);
    if (known !== undefined) return known;
    const mask = this.#compute(position);
    if (this.#known.size * mask.byteLength >= MASK_BYTES) this.#known = new Map();
    this.#known.set(position, mask);
    return mask;
  }

  #compute(position: Position): Uint32Array<ArrayBuffer> {
    const { bytes, endTokens, ids, offsets, shared } = this.#order;
    const matcher = this.#matcher;
    const mask = new Uint32Array(this.#words);
    // positions[d]: after the current token's first d bytes; valid up to `reached`.
    const positions: Position[] = [position];
    let reached = 0;
    const limit = matcher.made + MAX_WORK;
    for (let i = 0; i < ids.length; i++) {
      if (matcher.made > limit) throw new GrammarError("too-complex", "too much can follow in too many ways");
      const begin = offsets[i]!;
      const length = offsets[i + 1]! - begin;
      // Shares more with its neighbour than the neighbour got through: it fails at the same byte.
      if (shared[i]! > reached) continue;
      reached = shared[i]!;
      while (reached < length) {
        const next = matcher.step(positions[reached]!, bytes[begin + reached]!);
        if (next === undefined) break;
        reached += 1;
        positions[reached] = next;
      }
      if (reached === length) {
        const id = ids[i]!;
        mask[id >>> 5]! |= 1 << (id & 31);
      }
    }
    if (position.complete) for (const id of endTokens) mask[id >>> 5]! |= 1 << (id & 31);
    return mask;
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
