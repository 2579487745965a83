import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

export interface DigestOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes were read since the last time. */
  readonly onBytes?: (bytes: number) => void;
}

async function digest(path: string, hash: Hash, { onBytes, signal }: DigestOptions = {}): Promise<string> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk);
    onBytes?.(chunk.length);
  }
  return hash.digest("hex");
}

/** Lower-case hexadecimal. */
export function sha256File(path: string, options?: DigestOptions): Promise<string> {
  return digest(path, createHash("sha256"), options);
}

/** What git calls a file of this content: SHA-1 of `blob <size>\0<content>`. */
export function gitBlobId(path: string, size: number): Promise<string> {
  return digest(path, createHash("sha1").update(`blob ${size}\0`));
}
