import type { DecodeOptions, Tokenizer } from "./types.ts";

/**
 * Text from tokens, one at a time. Only whole characters come out: the bytes of one that is not complete yet are held
 * back. What all pushes and the flush return, joined, is what `tokenizer.decode` gives for all the tokens.
 */
export class StreamDecoder {
  readonly #tokenizer: Tokenizer;
  readonly #special: boolean;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #strip: boolean;

  /** An answer goes on after a prompt: pass `continuation: true` for text completions. */
  constructor(tokenizer: Tokenizer, options: DecodeOptions = {}) {
    this.#tokenizer = tokenizer;
    this.#special = options.special ?? false;
    this.#strip = tokenizer.stripsLeadingSpace && !options.continuation;
  }

  /** The text that this token completes; empty while a character is incomplete, and for control tokens. */
  push(id: number): string {
    const written = this.#special && this.#tokenizer.isSpecial(id);
    const bytes = written ? new TextEncoder().encode(this.#tokenizer.tokenText(id)) : this.#tokenizer.tokenBytes(id);
    return this.#out(bytes.length === 0 ? "" : this.#decoder.decode(bytes, { stream: true }));
  }

  /** Ends the text. A character that never became complete is now U+FFFD. The decoder can be used again. */
  flush(): string {
    return this.#out(this.#decoder.decode());
  }

  #out(text: string): string {
    if (!this.#strip || text === "") return text;
    this.#strip = false;
    return text.startsWith(" ") ? text.slice(1) : text;
  }
}
