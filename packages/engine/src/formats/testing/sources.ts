import { memorySource } from "../memory.ts";
import type { ByteSource, FileSet } from "../types.ts";

/** A folder in memory. */
export function memoryFolder(files: ReadonlyMap<string, Uint8Array | string>, name = "folder"): FileSet {
  return {
    name,
    async open(file) {
      const content = files.get(file);
      if (content === undefined) return undefined;
      return memorySource(typeof content === "string" ? new TextEncoder().encode(content) : content, file);
    },
  };
}

/**
 * A source that says how many bytes were asked of it. A read that wants more than the file has would show that a reader
 * believed the file before checking.
 */
export function countingSource(bytes: Uint8Array, name: string): ByteSource & { readonly bytesRead: number } {
  const inner = memorySource(bytes, name);
  let bytesRead = 0;
  return {
    name,
    size: inner.size,
    get bytesRead() {
      return bytesRead;
    },
    read(offset, into) {
      bytesRead += into.length;
      return inner.read(offset, into);
    },
  };
}
