import { FormatError } from "./errors.ts";
import type { ByteSink, ByteSource } from "./types.ts";

/** The error of every source for a read past its end. */
export function shortRead(name: string, offset: number, wanted: number, size: number): FormatError {
  return new FormatError(
    "truncated",
    `${name}: ${wanted} bytes were wanted at byte ${offset}, the file has ${size}`,
    "The file is incomplete, or it changed while it was read.",
  );
}

/** A source over bytes that are in memory already. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, into) {
      if (offset < 0 || offset + into.length > bytes.length) throw shortRead(name, offset, into.length, bytes.length);
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}

/** A sink that keeps what it is given, for small files. */
export class MemorySink implements ByteSink {
  readonly #chunks: Uint8Array[] = [];

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk.slice());
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
