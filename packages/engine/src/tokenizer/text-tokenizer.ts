import type { SubwordModel } from "./subword-model.ts";
import type { DecodeOptions, EncodeOptions, Tokenizer } from "./types.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A piece of the input: text made ready for the subword model, or a token found in it. */
export type Piece = { readonly text: string; readonly first: boolean } | { readonly token: number };

export interface TokenizerParts {
  readonly vocabulary: Vocabulary;
  /** Finds the added tokens in the text and normalises what lies between. */
  readonly pieces: (text: string, special: boolean) => readonly Piece[];
  readonly model: SubwordModel;
  /** What a token that is no control token adds to the text. */
  readonly bytes: (id: number) => Uint8Array;
  /** Put before and after a text that is framed. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  readonly stripsLeadingSpace: boolean;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly eot: number | undefined;
  readonly endOfGeneration: ReadonlySet<number>;
}

const loneSurrogate = /\p{Surrogate}/gu;
const nothing = new Uint8Array(0);

/** The one tokenizer: what differs between formats and algorithms lies in its parts. */
export class TextTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly eot: number | undefined;
  readonly endOfGeneration: ReadonlySet<number>;
  readonly addsBos: boolean;
  readonly stripsLeadingSpace: boolean;
  readonly #parts: TokenizerParts;
  readonly #bytes: (Uint8Array | undefined)[] = [];

  constructor(parts: TokenizerParts) {
    this.#parts = parts;
    this.vocabularySize = parts.vocabulary.size;
    this.bos = parts.bos;
    this.eos = parts.eos;
    this.eot = parts.eot;
    this.endOfGeneration = parts.endOfGeneration;
    this.addsBos = parts.bos !== undefined && parts.prefix.includes(parts.bos);
    this.stripsLeadingSpace = parts.stripsLeadingSpace;
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const framed = options.bos ?? false;
    const ids: number[] = framed ? [...this.#parts.prefix] : [];
    const wellFormed = text.replace(loneSurrogate, "\u{fffd}");
    for (const piece of this.#parts.pieces(wellFormed, options.special ?? false)) {
      if ("token" in piece) ids.push(piece.token);
      else this.#parts.model.encode(piece.text, ids, piece.first);
    }
    if (framed) ids.push(...this.#parts.suffix);
    return ids;
  }

  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const chunks = ids.map((id) => this.#pieceBytes(id, options.special ?? false));
    const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
    const strip = this.stripsLeadingSpace && !options.continuation && text.startsWith(" ");
    return strip ? text.slice(1) : text;
  }

  tokenBytes(id: number): Uint8Array {
    return this.#pieceBytes(id, false);
  }

  tokenText(id: number): string {
    return this.#parts.vocabulary.text(id);
  }

  idOf(tokenText: string): number | undefined {
    return this.#parts.vocabulary.idOf(tokenText);
  }

  isSpecial(id: number): boolean {
    return this.#parts.vocabulary.isSpecial(id);
  }

  #pieceBytes(id: number, special: boolean): Uint8Array {
    const known = this.#bytes[id];
    if (known !== undefined) return known;
    const text = this.tokenText(id);
    if (this.isSpecial(id)) return special ? new TextEncoder().encode(text) : nothing;
    const bytes = this.#parts.bytes(id);
    this.#bytes[id] = bytes;
    return bytes;
  }
}
