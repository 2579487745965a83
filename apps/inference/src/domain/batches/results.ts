import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";

const line = z.looseObject({ custom_id: z.string() });

/**
 * A file of results that grows by whole lines. It is its own checkpoint: what has its line is done. A line that a kill
 * cut short is taken away when the file is opened again, and its request asked again.
 */
export class ResultFile {
  readonly #file: FileHandle;
  #writing: Promise<void> = Promise.resolve();
  /** Lines that it has. */
  count: number;

  private constructor(file: FileHandle, count: number) {
    this.#file = file;
    this.count = count;
  }

  /** @param onDone told of every line that is there */
  static async open(path: string, onDone: (customId: string) => void): Promise<ResultFile> {
    const file = await open(path, "a+", 0o600);
    try {
      const { count, bytes } = await wholeLines(path, onDone);
      await file.truncate(bytes);
      return new ResultFile(file, count);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds a line; resolves when it is on the disk. */
  append(result: object): Promise<void> {
    const text = `${JSON.stringify(result)}\n`;
    const written = this.#writing.then(async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
      this.count++;
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async close(): Promise<{ readonly bytes: number; readonly count: number }> {
    await this.#writing;
    const { size } = await this.#file.stat();
    await this.#file.close();
    return { bytes: size, count: this.count };
  }
}

async function wholeLines(path: string, onDone: (customId: string) => void) {
  let bytes = 0;
  let count = 0;
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path)) {
    rest = Buffer.concat([rest, z.instanceof(Buffer).parse(piece)]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const text = rest.subarray(0, end).toString("utf8");
      rest = rest.subarray(end + 1);
      onDone(line.parse(JSON.parse(text)).custom_id);
      bytes += end + 1;
      count++;
    }
  }
  return { bytes, count };
}
