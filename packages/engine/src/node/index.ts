import { createDevice } from "@tugboat/kernels/node";
import type { ModelSource } from "../engine.ts";
import { openModelFiles } from "./files.ts";

export { createDevice } from "@tugboat/kernels/node";
export { type FolderArchiveOptions, folderArchive } from "./block-archive.ts";
export { createFile, type FileSink, folderFiles, openFile, openModelFiles } from "./files.ts";
export { loadAdapter, readCheckpointFile, saveAdapter, writeCheckpointFile } from "./training-files.ts";

export interface OpenOptions {
  /** A folder in which compiled kernels are kept from one process to the next. */
  readonly kernelCache?: string;
}

/**
 * Opens a GGUF file or a Hugging Face folder. Weights are read when it is loaded.
 * @throws FormatError
 */
export async function openModel(path: string, { kernelCache }: OpenOptions = {}): Promise<ModelSource> {
  const files = await openModelFiles(path);
  return {
    name: files.name,
    files,
    createDevice: (kind, options) => createDevice(kind, { ...options, cacheFolder: kernelCache }),
  };
}
