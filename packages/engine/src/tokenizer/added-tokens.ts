import { PairTable } from "./pair-table.ts";

/** A token that is matched in the text as a whole, before anything else looks at it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: matched only where the caller allows it. */
  readonly special: boolean;
  /** Swallow the white space before or after. */
  readonly stripLeft?: boolean;
  readonly stripRight?: boolean;
  /** Only where no letter, digit or underscore touches it. */
  readonly singleWord?: boolean;
}

/** A piece of text, or a token found in it. */
export type Fragment = { readonly text: string } | { readonly token: number };

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;
const whiteSpace = /\p{White_Space}/u;

/** Finds added tokens: leftmost first, the longest of those that start at the same place. */
export class AddedTokens {
  readonly #tokens: readonly AddedToken[];
  readonly #edges: PairTable;
  /** Token that ends at a trie node, as an index into `#tokens`, or −1; one list with and one without special ones. */
  readonly #all: number[] = [-1];
  readonly #ordinary: number[] = [-1];
  /** Which code units start a token: most places of a text are passed over by one look. */
  readonly #starts = new Uint8Array(65_536);
  readonly #ordinaryStarts = new Uint8Array(65_536);

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = tokens.filter((token) => token.content !== "");
    this.#edges = new PairTable(this.#tokens.reduce((sum, token) => sum + token.content.length, 0));
    this.#tokens.forEach((token, index) => {
      let node = 0;
      for (let i = 0; i < token.content.length; i++) {
        const unit = token.content.charCodeAt(i);
        let child = this.#edges.get(node, unit);
        if (child < 0) {
          child = this.#all.push(-1) - 1;
          this.#ordinary.push(-1);
          this.#edges.set(node, unit, child);
        }
        node = child;
      }
      this.#all[node] = index;
      if (!token.special) this.#ordinary[node] = index;
      const first = token.content.charCodeAt(0);
      this.#starts[first] = 1;
      if (!token.special) this.#ordinaryStarts[first] = 1;
    });
  }

  /** Splits a text at its added tokens. No fragment is empty. */
  split(text: string, special: boolean): Fragment[] {
    if (this.#tokens.length === 0) return text === "" ? [] : [{ text }];
    const ends = special ? this.#all : this.#ordinary;
    const starts = special ? this.#starts : this.#ordinaryStarts;
    const fragments: Fragment[] = [];
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const found = starts[text.charCodeAt(at)] === 1 ? this.#longestAt(text, at, ends) : undefined;
      if (found === undefined) {
        at++;
        continue;
      }
      let end = at;
      if (found.stripLeft) while (end > from && whiteSpace.test(text.charAt(end - 1))) end--;
      if (end > from) fragments.push({ text: text.slice(from, end) });
      fragments.push({ token: found.id });
      at += found.content.length;
      if (found.stripRight) while (at < text.length && whiteSpace.test(text.charAt(at))) at++;
      from = at;
    }
    if (from < text.length) fragments.push({ text: text.slice(from) });
    return fragments;
  }

  #longestAt(text: string, start: number, ends: readonly number[]): AddedToken | undefined {
    let best: AddedToken | undefined;
    let node = 0;
    for (let i = start; i < text.length; i++) {
      node = this.#edges.get(node, text.charCodeAt(i));
      if (node < 0) break;
      const index = ends[node]!;
      if (index < 0) continue;
      const token = this.#tokens[index]!;
      if (token.singleWord && (touchesWord(text, start - 1) || touchesWord(text, i + 1))) continue;
      best = token;
    }
    return best;
  }
}

function touchesWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && wordCharacter.test(text.charAt(at));
}
