import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** A file of the journal. What lies before `durable` is on the disk, what lies before `shipped` in the database. */
export interface Segment {
  readonly path: string;
  durable: number;
  shipped: number;
  /** Nothing is added any more. */
  sealed: boolean;
  /** Removed when all of it is in the database. Another live process's file is not. */
  readonly removable: boolean;
}

const segmentBytes = 8 * 2 ** 20;
const host = hostname().replaceAll(/[^\w.]/g, "_");

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A write-ahead journal of lines. `append` resolves when its line is on the disk; lines that come while one flush runs
 * share the next (group commit). Files that an earlier process left are part of it until they have been shipped.
 */
export class Journal {
  readonly #folder: string;
  readonly #segments: Segment[];
  #current: { readonly segment: Segment; readonly file: FileHandle } | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #made = 0;
  /** Told each time when more is durable. */
  onDurable: () => void = () => {};

  private constructor(folder: string, left: Segment[]) {
    this.#folder = folder;
    this.#segments = left;
  }

  /** Opens the journal in a folder, which is made. */
  static async open(folder: string): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const left: Segment[] = [];
    for (const name of (await readdir(folder)).sort()) {
      const [, writerHost, pid] = /^usage-([\w.]+)-(\d+)-\d+-\d+\.wal$/.exec(name) ?? [];
      if (writerHost === undefined || pid === undefined) continue;
      const path = join(folder, name);
      const { size } = await stat(path);
      const removable = writerHost === host && (Number(pid) === process.pid || !isAlive(Number(pid)));
      left.push({ path, durable: size, shipped: 0, sealed: true, removable });
    }
    return new Journal(folder, left);
  }

  /** @returns when the line is on the disk. @throws what the file system says; the line may then not be there */
  append(line: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed });
      this.#writing ??= this.#write();
    });
  }

  /** The oldest part that is durable and not shipped: whole lines, as text, up to about `bytes`. */
  async next(
    bytes: number,
  ): Promise<{ readonly segment: Segment; readonly text: string; readonly end: number } | undefined> {
    const segment = this.#segments.find(({ durable, shipped }) => shipped < durable);
    if (segment === undefined) return undefined;
    const file = await open(segment.path, "r");
    try {
      for (let size = Math.min(bytes, segment.durable - segment.shipped); ; ) {
        const buffer = Buffer.alloc(size);
        await readFully(file, buffer, segment.shipped);
        const whole = buffer.lastIndexOf(10) + 1;
        const rest = segment.durable - segment.shipped;
        // What follows the last line end of a left file was cut off by a crash: nobody was told of it.
        const length = whole === 0 && size >= rest ? rest : whole;
        if (length > 0) return { segment, text: buffer.toString("utf8", 0, length), end: segment.shipped + length };
        size = Math.min(size * 4, rest);
      }
    } finally {
      await file.close();
    }
  }

  /** Notes that a segment is in the database up to `end`, and removes files that are not needed any more. */
  async shipped(segment: Segment, end: number): Promise<void> {
    segment.shipped = end;
    if (!segment.sealed || segment.shipped < segment.durable) return;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    if (segment.removable) await unlink(segment.path);
  }

  /** Bytes that are on the disk and not in the database. */
  get backlog(): number {
    return this.#segments.reduce((sum, { durable, shipped }) => sum + durable - shipped, 0);
  }

  /** Resolves when what was given to `append` until now is on the disk, or refused. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#seal();
    const [last] = this.#segments.slice(-1);
    if (last !== undefined) await this.shipped(last, last.shipped);
  }

  async #write(): Promise<void> {
    // Those who come in the same turn of the event loop are written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const { segment, file } = await this.#open();
        const bytes = Buffer.from(batch.map(({ line }) => line).join(""));
        await writeFully(file, bytes, segment.durable);
        await file.datasync();
        segment.durable += bytes.length;
        for (const { done } of batch) done();
        this.onDurable();
        if (segment.durable >= segmentBytes) await this.#seal();
      } catch (error) {
        for (const { failed } of batch) failed(error);
        // What was half written stays behind the end of this file; the next line goes into another.
        await this.#seal().catch(() => {});
      }
    }
    // In the same turn as the last look at what waits: a line that comes after it begins a new round.
    this.#writing = undefined;
  }

  async #open() {
    if (this.#current !== undefined) return this.#current;
    const name = `usage-${host}-${process.pid}-${Date.now()}-${this.#made++}.wal`;
    const path = join(this.#folder, name);
    const file = await open(path, "wx", 0o600);
    // The file's name must be durable too.
    const folder = await open(this.#folder, "r");
    await folder.sync().finally(() => folder.close());
    const segment: Segment = { path, durable: 0, shipped: 0, sealed: false, removable: true };
    this.#segments.push(segment);
    this.#current = { segment, file };
    return this.#current;
  }

  async #seal(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.segment.sealed = true;
    await current.file.close();
    if (current.segment.shipped >= current.segment.durable)
      await this.shipped(current.segment, current.segment.shipped);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let at = 0; at < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, at, buffer.length - at, position + at);
    if (bytesRead === 0) throw new Error("A segment of the usage journal became shorter.");
    at += bytesRead;
  }
}
