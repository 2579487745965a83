import { FormatError } from "./errors.ts";
import type { ByteSource } from "./types.ts";

const windowBytes = 1 << 20;
// A leading U+FEFF is content here (tokens contain it), not a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a file's description from front to back through a window of at most 1 MiB, little endian. `need` makes bytes
 * available, the plain getters then take them without waiting. Nothing is allocated that the file cannot back.
 */
export class Cursor {
  readonly source: ByteSource;
  readonly #window: Uint8Array;
  readonly #view: DataView;
  #windowStart = 0;
  #filled = 0;
  #at = 0;

  constructor(source: ByteSource) {
    this.source = source;
    this.#window = new Uint8Array(Math.min(windowBytes, source.size));
    this.#view = new DataView(this.#window.buffer);
  }

  /** Byte position in the file of what is read next. */
  get offset(): number {
    return this.#windowStart + this.#at;
  }

  get remaining(): number {
    return this.source.size - this.offset;
  }

  /** True when `count` bytes can be taken without `need`. */
  has(count: number): boolean {
    return this.#at + count <= this.#filled;
  }

  /**
   * Makes `count` (at most 1 MiB) bytes available.
   * @throws FormatError `truncated` naming `what` when the file ends before.
   */
  async need(count: number, what: string): Promise<void> {
    if (this.has(count)) return;
    this.#check(count, what);
    const kept = this.#filled - this.#at;
    this.#window.copyWithin(0, this.#at, this.#filled);
    this.#windowStart += this.#at;
    this.#at = 0;
    this.#filled = kept;
    const more = Math.min(this.#window.length - kept, this.source.size - this.#windowStart - kept);
    await this.source.read(this.#windowStart + kept, this.#window.subarray(kept, kept + more));
    this.#filled = kept + more;
  }

  /** Copies the next `into.length` bytes, of any number. */
  async take(into: Uint8Array, what: string): Promise<void> {
    this.#check(into.length, what);
    const ready = Math.min(this.#filled - this.#at, into.length);
    into.set(this.#window.subarray(this.#at, this.#at + ready));
    this.#at += ready;
    if (ready === into.length) return;
    await this.source.read(this.offset, into.subarray(ready));
    this.#windowStart = this.offset + into.length - ready;
    this.#at = 0;
    this.#filled = 0;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#advance(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** An unsigned 64-bit length without a bigint; past 2^53 it is imprecise, yet still far past every limit. */
  length(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** `bytes` available bytes as UTF-8. */
  text(bytes: number): string {
    const from = this.#advance(bytes);
    if (bytes <= 24) {
      // Tokens are short and mostly ASCII: faster than a decoder call each.
      let text = "";
      for (let i = from; i < from + bytes; i++) {
        const code = this.#window[i] ?? 0x80;
        if (code >= 0x80) return decoder.decode(this.#window.subarray(from, from + bytes));
        text += String.fromCharCode(code);
      }
      return text;
    }
    return decoder.decode(this.#window.subarray(from, from + bytes));
  }

  /** `bytes` bytes as UTF-8, of any number. */
  async longText(bytes: number, what: string): Promise<string> {
    if (bytes <= this.#window.length) {
      await this.need(bytes, what);
      return this.text(bytes);
    }
    this.#check(bytes, what);
    const buffer = new Uint8Array(bytes);
    await this.take(buffer, what);
    return decoder.decode(buffer);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#filled) throw new RangeError(`${count} bytes taken at ${this.offset} before they were read`);
    this.#at = at + count;
    return at;
  }

  #check(count: number, what: string): void {
    if (count <= this.remaining) return;
    throw new FormatError(
      "truncated",
      `${this.source.name}: ${what} at byte ${this.offset} needs ${count} bytes, the file ends after ${this.remaining}`,
      "The file is incomplete or damaged: download or copy it again.",
    );
  }
}
