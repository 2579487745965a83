import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FormatError } from "../formats/errors.ts";
import { openGguf } from "../formats/gguf.ts";
import { isPlainFileName, openHuggingFace } from "../formats/hf-folder.ts";
import { shortRead } from "../formats/memory.ts";
import type { ByteSink, ByteSource, FileSet, ModelFiles } from "../formats/types.ts";

/** One read call takes at most this much: Linux cuts at 2 GiB. */
const readBytes = 1 << 30;

/**
 * A file on disk, read in place: nothing is kept in memory.
 * @throws FormatError `missing` when there is no such file, `io` when it can't be opened.
 */
export async function openFile(path: string): Promise<ByteSource> {
  const name = basename(path);
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY);
  } catch (cause) {
    throw fileError(path, cause);
  }
  const info = await handle.stat();
  if (!info.isFile()) {
    await handle.close();
    throw new FormatError("io", `${path} is not a file`);
  }
  const { size } = info;
  return {
    name,
    size,
    async read(offset, into) {
      if (offset < 0 || offset + into.length > size) throw shortRead(name, offset, into.length, size);
      let done = 0;
      while (done < into.length) {
        const length = Math.min(into.length - done, readBytes);
        const { bytesRead } = await handle.read(into, done, length, offset + done).catch((cause: unknown) => {
          throw new FormatError("io", `${path}: reading ${length} bytes at ${offset + done} failed`, undefined, {
            cause,
          });
        });
        if (bytesRead === 0) throw shortRead(name, offset, into.length, offset + done);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

/** The files directly in a folder. Links are followed: the hub's cache consists of them. */
export function folderFiles(path: string): FileSet {
  const folder = resolve(path);
  return {
    name: basename(folder),
    async open(name) {
      if (!isPlainFileName(name)) return undefined;
      try {
        return await openFile(join(folder, name));
      } catch (error) {
        if (error instanceof FormatError && error.code === "missing") return undefined;
        throw error;
      }
    },
  };
}

/**
 * Opens a model on disk: a `.gguf` file (any part of a split one), a Hugging Face folder, a file in one
 * (`model.safetensors`, its index, `config.json`), or a folder with one GGUF model in it.
 * @throws FormatError
 */
export async function openModelFiles(path: string): Promise<ModelFiles> {
  const info = await stat(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (info.isDirectory()) return openFolder(path);
  const name = basename(path);
  if (name.endsWith(".safetensors") || name.endsWith(".json")) return openHuggingFace(folderFiles(dirname(path)));
  return openGguf(await openFile(path), folderFiles(dirname(path)));
}

async function openFolder(path: string): Promise<ModelFiles> {
  const names = await readdir(path);
  if (names.includes("config.json")) return openHuggingFace(folderFiles(path));
  const models = names.filter((name) => name.endsWith(".gguf") && !/-(?!00001)\d{5}-of-\d{5}\.gguf$/.test(name)).sort();
  const [only, ...more] = models;
  if (only === undefined) {
    throw new FormatError(
      "missing",
      `${path} holds no model`,
      "A model is a .gguf file, or a Hugging Face folder with config.json, tokenizer.json and safetensors weights.",
    );
  }
  if (more.length > 0) {
    throw new FormatError(
      "invalid",
      `${path} holds ${models.length} models: ${models.slice(0, 5).join(", ")}`,
      "Name one of them.",
    );
  }
  return openGguf(await openFile(join(path, only)), folderFiles(path));
}

/** A file being written: it gets its name when it is finished, so that nobody ever sees half of one. */
export interface FileSink extends ByteSink {
  /** Flushes to disk and puts the file in place. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** @throws FormatError `io` when the folder is missing or can't be written. */
export async function createFile(path: string): Promise<FileSink> {
  const partial = `${path}.${process.pid}.partial`;
  let handle: FileHandle;
  try {
    handle = await open(partial, "w");
  } catch (cause) {
    throw fileError(path, cause);
  }
  return {
    async write(chunk) {
      let done = 0;
      while (done < chunk.length) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done).catch((cause: unknown) => {
          throw fileError(path, cause);
        });
        done += bytesWritten;
      }
    },
    async finish() {
      await handle.sync();
      await handle.close();
      await rename(partial, path);
    },
    async discard() {
      await handle.close();
      await rm(partial, { force: true });
    },
  };
}

function fileError(path: string, cause: unknown): FormatError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return new FormatError("missing", `There is no ${path}`, undefined, { cause });
  if (code === "EACCES" || code === "EPERM")
    return new FormatError("io", `${path}: permission denied`, undefined, { cause });
  if (code === "ENOSPC") return new FormatError("io", `${path}: the disk is full`, undefined, { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FormatError("io", `${path}: ${reason}`, undefined, { cause });
}
