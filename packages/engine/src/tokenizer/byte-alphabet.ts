/**
 * GPT-2's alphabet: each of the 256 bytes as one visible character, so that a vocabulary of byte strings can be written
 * as text. Printable Latin-1 stands for itself, the other 68 bytes are U+0100 and on in order.
 */
const characters: readonly string[] = (() => {
  const itself = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(itself(byte) ? byte : 0x100 + others++));
})();

const byteOf = new Map(characters.map((character, byte) => [character, byte]));

/** The character that stands for a byte. */
export function byteCharacter(byte: number): string {
  return characters[byte & 255]!;
}

/** The bytes that a token of the alphabet stands for; undefined when it has a character outside of it. */
export function alphabetBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOf.get(token.charAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** Bytes written in the alphabet. */
export function alphabetText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += characters[byte]!;
  return text;
}

/** The byte that SentencePiece's `<0x0A>` stands for. */
export function byteFallbackValue(token: string): number | undefined {
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
  return match === null ? undefined : Number.parseInt(match[1]!, 16);
}

export function byteFallbackText(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}
