import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

async function digest(path: string, hash: Hash): Promise<string> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Lower-case hexadecimal. */
export function sha256File(path: string): Promise<string> {
  return digest(path, createHash("sha256"));
}

/** What git calls a file of this content: SHA-1 of `blob <size>\0<content>`. */
export function gitBlobId(path: string, size: number): Promise<string> {
  return digest(path, createHash("sha1").update(`blob ${size}\0`));
}
