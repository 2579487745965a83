/** CRC-32 of ZIP (ISO 3309), by one table. */
const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Several files as one ZIP archive, stored as they are: weights hardly compress.
 * @see APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16
 */
export function storedZip(files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { bytes, name } of files) {
    const path = new TextEncoder().encode(name);
    // Version 2.0, names in UTF-8, stored; 1 January 1980, as archives that are the same each time have it.
    const common = [20, 0, 0, 8, 0, 0, 0, 0, 33, 0, ...u32(crc32(bytes)), ...u32(bytes.length), ...u32(bytes.length)];
    const local = Uint8Array.of(0x50, 0x4b, 3, 4, ...common, ...u16(path.length), 0, 0, ...path);
    directory.push(
      Uint8Array.of(
        ...[0x50, 0x4b, 1, 2, 20, 0, ...common, ...u16(path.length)],
        // No extra field, no comment, one disk, no attributes.
        ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ...u32(at),
        ...path,
      ),
    );
    parts.push(local, bytes);
    at += local.length + bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = u16(files.length);
  const end = Uint8Array.of(0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count, ...u32(size), ...u32(at), 0, 0);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function u16(value: number): number[] {
  return [value & 255, value >>> 8];
}

function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}
