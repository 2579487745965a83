import { EngineError } from "../errors.ts";

/** In bytes. Unicode's longest compatibility decomposition has 33. */
const longestReplacement = 256;

/**
 * SentencePiece's normalisation rules, as models carry them (`precompiled_charsmap`): a double array (Darts-clone) that
 * maps UTF-8 prefixes to offsets of null-terminated replacements. Layout: u32 length of the array in bytes, the array,
 * the replacements.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** @throws EngineError `bad-model` when the lengths do not fit. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : -1;
    if (size < 0 || size % 4 !== 0 || 4 + size > bytes.length) {
      throw new EngineError("bad-model", "The tokenizer's precompiled_charsmap is damaged: its lengths do not fit");
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + i * 4, true));
    this.#replacements = bytes.subarray(4 + size);
  }

  /**
   * Replaces, from left to right, the longest prefix that has a rule; characters without a rule stay.
   * @throws EngineError `bad-model` at a rule without a proper replacement.
   */
  normalize(text: string): string {
    const input = this.#encoder.encode(text);
    const output: number[] = [];
    for (let at = 0; at < input.length; ) {
      const [length, offset] = this.#longestRule(input, at);
      if (length > 0) {
        const end = this.#replacements.indexOf(0, offset);
        if (end < 0 || end - offset > longestReplacement) {
          throw new EngineError(
            "bad-model",
            "The tokenizer's precompiled_charsmap is damaged: a replacement has no end",
          );
        }
        for (let i = offset; i < end; i++) output.push(this.#replacements[i]!);
        at += length;
      } else {
        do output.push(input[at++]!);
        while (at < input.length && (input[at]! & 0xc0) === 0x80);
      }
    }
    return this.#decoder.decode(Uint8Array.from(output));
  }

  #longestRule(input: Uint8Array, from: number): readonly [length: number, offset: number] {
    let found: readonly [number, number] = [0, 0];
    let node = this.#base(0);
    for (let at = from; at < input.length && input[at] !== 0; at++) {
      node = (node ^ input[at]!) >>> 0;
      const unit = this.#units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== input[at]) break;
      node = (node ^ this.#base(node)) >>> 0;
      if (((unit >>> 8) & 1) === 1) found = [at - from + 1, (this.#units[node] ?? 0) & 0x7fffffff];
    }
    return found;
  }

  #base(node: number): number {
    const unit = this.#units[node] ?? 0;
    return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
  }
}
