import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArchivedBlock, BlockArchive } from "../kv/block-archive.ts";

export interface FolderArchiveOptions {
  /** Of one model; its owner's alone. */
  readonly folder: string;
  /** Of all files in it. */
  readonly bytes: number;
  /** Told of what is damaged or can't be written. */
  readonly onProblem: (message: string) => void;
}

/** `TUGKV`, a zero and the version of the form, 2 bytes. */
const MAGIC = Buffer.from("TUGKV\0\0\x01", "latin1");
const DIGEST = 32;
const NAME = /^[0-9a-f]{64}$/;

interface KeptFile {
  readonly path: string;
  readonly bytes: number;
  /** ms; where room is short the smallest goes first. */
  readonly rank: number;
}

/**
 * Blocks as files: `folder/<fingerprint>/<scope's digest>/<key>`, each with the digest of all that it holds. Files of other
 * fingerprints are removed. Only their owner may read them.
 */
export function folderArchive({ bytes: most, folder, onProblem }: FolderArchiveOptions): BlockArchive {
  const files = new Map<string, KeptFile>();
  let used = 0;
  let home = "";
  let failed = false;

  const drop = async (key: string) => {
    const file = files.get(key);
    if (!file) return;
    files.delete(key);
    used -= file.bytes;
    await rm(file.path, { force: true });
  };
  const problem = (what: string, cause: unknown) =>
    onProblem(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`);

  return {
    async *open(fingerprint, blockBytes) {
      home = join(folder, fingerprint);
      try {
        await mkdir(home, { recursive: true, mode: 0o700 });
        for (const other of await readdir(folder)) {
          if (other !== fingerprint) await rm(join(folder, other), { recursive: true, force: true });
        }
        for (const { key, ...file } of await filesIn(home)) {
          files.set(key, file);
          used += file.bytes;
        }
      } catch (cause) {
        failed = true;
        problem(`The prefix cache's folder ${folder} can't be read`, cause);
        return;
      }
      for (const [key, { path }] of [...files].sort((a, b) => b[1].rank - a[1].rank)) {
        try {
          yield { key, ...unpacked(await readFile(path), key, blockBytes) };
        } catch (cause) {
          problem(`${path} is passed over and removed`, cause);
          await drop(key);
        }
      }
    },

    async write(block) {
      if (failed) return false;
      const data = packed(block);
      if (data.length > most) return false;
      try {
        await drop(block.key);
        while (used + data.length > most) await drop(leastWanted(files));
        const place = join(home, createHash("sha256").update(block.scope).digest("hex"));
        await mkdir(place, { recursive: true, mode: 0o700 });
        const path = join(place, block.key);
        const partial = `${path}.${process.pid}.partial`;
        await writeFile(partial, data, { mode: 0o600 });
        // The beginning of a text outlives its end, without which that is of no use.
        const rank = Date.now() - block.depth;
        await utimes(partial, rank / 1000, rank / 1000);
        await rename(partial, path);
        files.set(block.key, { path, bytes: data.length, rank });
        used += data.length;
        return true;
      } catch (cause) {
        failed = true;
        problem("The prefix cache is kept no more until the model is loaded again", cause);
        return false;
      }
    },
  };
}

/** Of the scope that takes most, so that none drives out all others: the file used the longest ago. */
function leastWanted(files: ReadonlyMap<string, KeptFile>): string {
  const sizes = new Map<string, number>();
  for (const { bytes, path } of files.values()) sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + bytes);
  const [largest] = [...sizes].sort((a, b) => b[1] - a[1])[0] ?? [""];
  const own = [...files].filter(([, { path }]) => dirname(path) === largest);
  return own.reduce((least, file) => (file[1].rank < least[1].rank ? file : least))[0];
}

async function filesIn(home: string): Promise<(KeptFile & { readonly key: string })[]> {
  const found: (KeptFile & { readonly key: string })[] = [];
  for (const scope of await readdir(home)) {
    for (const key of await readdir(join(home, scope))) {
      const path = join(home, scope, key);
      // What a killed process left half written.
      if (!NAME.test(key)) await rm(path, { force: true });
      else {
        const { mtimeMs, size } = await stat(path);
        found.push({ key, path, bytes: size, rank: mtimeMs });
      }
    }
  }
  return found;
}

/** magic, length of the scope (u32), scope, content, digest of the key and all before. */
function packed({ content, key, scope }: ArchivedBlock): Buffer {
  const name = Buffer.from(scope, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(name.length);
  const body = Buffer.concat([MAGIC, length, name, content]);
  return Buffer.concat([body, createHash("sha256").update(key).update(body).digest()]);
}

/** @throws Error that says what is wrong */
function unpacked(data: Buffer, key: string, blockBytes: number) {
  const body = data.subarray(0, Math.max(0, data.length - DIGEST));
  const digest = createHash("sha256").update(key).update(body).digest();
  if (!digest.equals(data.subarray(body.length))) throw new Error("its digest is not that of its content");
  const start = MAGIC.length + 4;
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("it is of another form");
  const length = body.readUInt32LE(MAGIC.length);
  const content = new Uint8Array(body.subarray(start + length));
  if (content.length !== blockBytes) throw new Error(`its block has ${content.length} bytes and not ${blockBytes}`);
  return { scope: body.toString("utf8", start, start + length), content };
}
