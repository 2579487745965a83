import type { CharacterRange } from "./expression.ts";

/** Ranges of bytes, one for each byte of a character's UTF-8: every combination is a character. */
export type ByteSequence = readonly (readonly [from: number, to: number])[];

/** Last code points whose UTF-8 has 1, 2, 3 and 4 bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/**
 * The UTF-8 of a range of code points; surrogates have none. The splitting of ranges is Cox's, "Regular Expression Matching
 * in the Wild" (2010), after Thompson's grep.
 */
export function utf8Sequences([from, to]: CharacterRange): ByteSequence[] {
  if (from > to) return [];
  if (from <= LAST_SURROGATE && to >= FIRST_SURROGATE) {
    return [...utf8Sequences([from, FIRST_SURROGATE - 1]), ...utf8Sequences([LAST_SURROGATE + 1, to])];
  }
  for (const last of LAST_OF_LENGTH) {
    if (from <= last && last < to) return [...utf8Sequences([from, last]), ...utf8Sequences([last + 1, to])];
  }
  // Trailing bytes must be able to run through all their values, or be fixed by a common head.
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = (1 << bits) - 1;
    if (from >> bits === to >> bits) continue;
    if ((from & mask) !== 0) return [...utf8Sequences([from, from | mask]), ...utf8Sequences([(from | mask) + 1, to])];
    if ((to & mask) !== mask) {
      return [...utf8Sequences([from, (to & ~mask) - 1]), ...utf8Sequences([to & ~mask, to])];
    }
  }
  const first = encode(from);
  const last = encode(to);
  return [first.map((byte, i) => [byte, last[i]!] as const)];
}

function encode(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), trailing(code)];
  if (code < 0x10000) return [0xe0 | (code >> 12), trailing(code >> 6), trailing(code)];
  return [0xf0 | (code >> 18), trailing(code >> 12), trailing(code >> 6), trailing(code)];
}

function trailing(code: number): number {
  return 0x80 | (code & 0x3f);
}
