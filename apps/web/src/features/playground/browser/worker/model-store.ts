import type { ModelFile } from "../protocol.ts";
import { storeFolder } from "../store-folder.ts";
import { whenFree } from "../when-free.ts";
import { type DownloadOptions, type DownloadSink, download } from "./download.ts";
import { BrowserModelError } from "./errors.ts";

/**
 * A model's file: from this browser's own storage, or else downloaded into it. Only in a worker: pages have no
 * synchronous files.
 * @throws BrowserModelError
 */
export async function storedModel(model: ModelFile, options: DownloadOptions): Promise<File> {
  const folder = await openStore();
  if (folder === undefined) return inMemory(model, options);
  // Two tabs, or two workers of one, fetch a model once.
  return navigator.locks.request(`tugboat-model-${model.sha256}`, { signal: options.signal }, async () => {
    const name = `${model.sha256}.gguf`;
    const handle = await folder.getFileHandle(name, { create: true });
    const checked = await folder.getFileHandle(`${model.sha256}.ok`).then(
      () => true,
      () => false,
    );
    const file = await handle.getFile();
    if (checked && file.size === model.bytes) return file;
    await checkRoom(model, file.size);
    const access = await whenFree(() => handle.createSyncAccessHandle(), options.signal);
    try {
      await download(model, sinkOf(access), options);
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === "QuotaExceededError") throw noRoom(model);
      throw cause;
    } finally {
      access.close();
    }
    await folder.getFileHandle(`${model.sha256}.ok`, { create: true });
    return handle.getFile();
  });
}

/** Undefined where the browser keeps nothing: private windows of some, pages that did not come by a secure way. */
async function openStore(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(storeFolder, { create: true });
  } catch {
    return undefined;
  }
}

async function checkRoom(model: ModelFile, have: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota !== undefined && usage !== undefined && quota - usage < model.bytes - have) throw noRoom(model);
}

function noRoom({ name, bytes }: ModelFile): BrowserModelError {
  const message = `This browser has no room for the ${Math.ceil(bytes / 1e6)} MB of ${name}.`;
  return new BrowserModelError("no-room", message, "Remove another model under Parameters, or free space on the disk.");
}

function sinkOf(access: FileSystemSyncAccessHandle): DownloadSink {
  return {
    get size() {
      return access.getSize();
    },
    read: (at, into) => access.read(into, { at }) === into.length,
    write: (at, bytes) => {
      if (access.write(bytes, { at }) !== bytes.length) throw new DOMException("short write", "QuotaExceededError");
    },
    truncate: (size) => access.truncate(size),
    flush: () => access.flush(),
  };
}

/** Kept for as long as the worker lives. */
async function inMemory(model: ModelFile, options: DownloadOptions): Promise<File> {
  const bytes = new Uint8Array(model.bytes);
  let size = 0;
  await download(
    model,
    {
      get size() {
        return size;
      },
      read: () => false,
      write: (at, chunk) => {
        bytes.set(chunk, at);
        size = Math.max(size, at + chunk.length);
      },
      truncate: (to) => {
        size = to;
      },
      flush: () => {},
    },
    options,
  );
  return new File([bytes], `${model.name}.gguf`);
}
