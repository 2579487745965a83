import { type FileHandle, open } from "node:fs/promises";
import { createInflateRaw } from "node:zlib";
import { DatasetError } from "@tugboat/records";

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressed: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** What one entry may unfold to: a few kilobytes can become terabytes. */
const mostBytes = 4 * 1024 ** 3;

const damaged = () =>
  new DatasetError("bad-file", "This spreadsheet is damaged.", "Open it where it was made and save it again.");

/** The entries of a ZIP archive (APPNOTE 6.3.10, without ZIP64 and encryption). @throws DatasetError `bad-file` */
export async function readZip(path: string): Promise<ReadonlyMap<string, ZipEntry>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await bytesAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    if (end < 0 || end + 22 > tail.length) throw damaged();
    const count = tail.readUInt16LE(end + 10);
    const length = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    if (start === 0xffffffff || start + length > size) throw damaged();
    const directory = await bytesAt(file, start, length);
    const entries = new Map<string, ZipEntry>();
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw damaged();
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
      entries.set(name.replace(/^\//, ""), {
        name,
        method: directory.readUInt16LE(at + 10),
        compressed: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      });
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** An entry's text (UTF-8) as it is unfolded. @throws DatasetError `bad-file`, `too-large` */
export async function* entryText(path: string, entry: ZipEntry): AsyncGenerator<string> {
  const file = await open(path);
  try {
    const header = await bytesAt(file, entry.offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) throw damaged();
    if (entry.method !== 0 && entry.method !== 8) throw damaged();
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (entry.compressed === 0) return;
    const raw = file.createReadStream({ start, end: start + entry.compressed - 1, autoClose: false });
    const stream = entry.method === 0 ? raw : raw.pipe(createInflateRaw());
    if (stream !== raw) raw.on("error", (error) => stream.destroy(error));
    const decoder = new TextDecoder();
    let total = 0;
    try {
      for await (const chunk of stream) {
        total += chunk.length;
        if (total > mostBytes) {
          throw new DatasetError("too-large", "This spreadsheet unfolds to more than 4 GB.", "Save its rows as CSV.");
        }
        yield decoder.decode(chunk, { stream: true });
      }
      yield decoder.decode();
    } catch (error) {
      if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) throw damaged();
      throw error;
    } finally {
      raw.destroy();
      stream.destroy();
    }
  } finally {
    await file.close();
  }
}
