import { FormatError } from "../formats/errors.ts";
import { isPlainFileName } from "../formats/hf-folder.ts";
import { memorySource, shortRead } from "../formats/memory.ts";
import type { ByteSource, FileSet } from "../formats/types.ts";

/** Bytes of one file that have come in so far. */
export type OnBytes = (progress: { readonly name: string; readonly done: number; readonly total: number }) => void;

export interface HttpOptions {
  readonly onProgress?: OnBytes;
  readonly signal?: AbortSignal;
}

/** Files up to this size are fetched whole: one request is quicker than many. */
const wholeBytes = 64 * 2 ** 20;

/** A file that the person chose, read in pieces. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, into) {
      if (offset < 0 || offset + into.length > blob.size) throw shortRead(name, offset, into.length, blob.size);
      try {
        into.set(new Uint8Array(await blob.slice(offset, offset + into.length).arrayBuffer()));
      } catch (cause) {
        throw new FormatError("io", `${name}: reading at byte ${offset} failed`, "Choose the file again.", { cause });
      }
    },
  };
}

/**
 * The files of a folder that the person chose (`<input webkitdirectory>`) or dropped.
 * @param name the folder's, for messages.
 */
export function chosenFiles(files: readonly File[], name = "the chosen folder"): FileSet {
  return {
    name,
    async open(wanted) {
      const file = files.find((candidate) => candidate.name === wanted);
      return file === undefined ? undefined : blobSource(file, wanted);
    },
  };
}

/**
 * A file over HTTP. A large one is read in ranges as it is asked for, if the server can do that; otherwise it is fetched
 * whole into memory before this resolves.
 * @returns undefined when the server says that there is no such file (404, 410).
 * @throws FormatError `io` for every other failure.
 */
export async function httpSource(url: string, options: HttpOptions = {}): Promise<ByteSource | undefined> {
  const name = fileName(url);
  const response = await request(url, name, { range: `bytes=0-${wholeBytes - 1}` }, options.signal);
  if (response.status === 404 || response.status === 410) {
    await response.body?.cancel();
    return undefined;
  }
  // An empty file has no range to give.
  if (response.status === 416) {
    await response.body?.cancel();
    return memorySource(new Uint8Array(0), name);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new FormatError("io", `${url} answered ${response.status} ${response.statusText}`.trim());
  }
  const total = totalBytes(response);
  if (response.status !== 206 || total === undefined || total <= wholeBytes) {
    return memorySource(await download(response, name, total, options.onProgress), name);
  }
  await response.body?.cancel();
  return rangeSource(url, name, total, response.headers.get("etag"), options);
}

/** The files under an address: `https://host/folder/` + name. */
export function httpFiles(folderUrl: string, options: HttpOptions = {}): FileSet {
  const base = folderUrl.endsWith("/") ? folderUrl : `${folderUrl}/`;
  return {
    name: fileName(base.slice(0, -1)),
    open: async (name) => (isPlainFileName(name) ? httpSource(base + encodeURIComponent(name), options) : undefined),
  };
}

function rangeSource(url: string, name: string, size: number, etag: string | null, options: HttpOptions): ByteSource {
  let done = 0;
  return {
    name,
    size,
    async read(offset, into) {
      if (into.length === 0) return;
      const end = offset + into.length;
      if (offset < 0 || end > size) throw shortRead(name, offset, into.length, size);
      const response = await request(url, name, { range: `bytes=${offset}-${end - 1}` }, options.signal);
      if (response.status !== 206 || (etag !== null && response.headers.get("etag") !== etag)) {
        await response.body?.cancel();
        throw new FormatError(
          "io",
          `${url} changed or stopped giving ranges (status ${response.status})`,
          "Load it again.",
        );
      }
      let at = 0;
      for await (const chunk of chunksOf(response, name)) {
        if (at + chunk.length > into.length) throw new FormatError("io", `${url} sent more than the range asked for`);
        into.set(chunk, at);
        at += chunk.length;
        done += chunk.length;
        options.onProgress?.({ name, done: Math.min(done, size), total: size });
      }
      if (at < into.length) throw shortRead(name, offset, into.length, offset + at);
    },
  };
}

/** @param total undefined when the server did not say, or said it of the compressed form. */
async function download(
  response: Response,
  name: string,
  total: number | undefined,
  onProgress: OnBytes | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of chunksOf(response, name)) {
    chunks.push(chunk);
    done += chunk.length;
    onProgress?.({ name, done, total: total ?? done });
  }
  if (total !== undefined && done !== total) throw shortRead(name, 0, total, done);
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function* chunksOf(response: Response, name: string): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new FormatError("io", `${name}: the connection broke`, "Try again.", { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function request(
  url: string,
  name: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new FormatError("io", `${name}: ${url} cannot be reached`, "Check the address and the connection.", {
      cause,
    });
  }
}

function totalBytes(response: Response): number | undefined {
  if (response.headers.get("content-encoding") !== null) return undefined;
  const text =
    response.status === 206
      ? /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]
      : response.headers.get("content-length");
  const total = Number(text ?? Number.NaN);
  return Number.isSafeInteger(total) ? total : undefined;
}

function fileName(url: string): string {
  const path = url.split(/[?#]/)[0] ?? url;
  return decodeURIComponent(path.slice(path.lastIndexOf("/") + 1)) || url;
}
