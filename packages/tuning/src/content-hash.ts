import { sha256 } from "@noble/hashes/sha2.js";

const encoder = new TextEncoder();

/** 48 bits of SHA-256 of a text as a whole number: an order that depends on the content alone. */
export function contentHash(text: string): number {
  return sha256(encoder.encode(text))
    .subarray(0, 6)
    .reduce((number, byte) => number * 256 + byte, 0);
}
