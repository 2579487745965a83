import { createHash } from "node:crypto";

/** 48 bits of SHA-256 of a text as a whole number: an order that depends on the content alone. */
export function contentHash(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}
