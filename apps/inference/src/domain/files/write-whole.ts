import { open, rename, rm } from "node:fs/promises";

/**
 * Writes a file as it comes; it has its name when it is whole and on the disk, and leaves nothing behind when it fails.
 * @param tooLarge what is thrown past `mostBytes`
 * @returns its size
 */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array>,
  mostBytes: number,
  tooLarge: () => Error,
): Promise<number> {
  const coming = `${path}.coming`;
  let bytes = 0;
  try {
    const file = await open(coming, "w", 0o600);
    try {
      for await (const piece of content) {
        bytes += piece.byteLength;
        if (bytes > mostBytes) throw tooLarge();
        await file.write(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(coming, path);
  } catch (error) {
    await rm(coming, { force: true });
    throw error;
  }
  return bytes;
}
