import { storeFolder } from "./store-folder.ts";
import { whenFree } from "./when-free.ts";

/** A model's file in this browser's storage. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Whether it is all there, with the right digest. */
  readonly complete: boolean;
}

/** Empty where the browser keeps nothing. */
export async function storedFiles(): Promise<readonly StoredFile[]> {
  const folder = await storedFolder();
  if (folder === undefined) return [];
  const sizes = new Map<string, number>();
  const complete = new Set<string>();
  for await (const [name, handle] of folder.entries()) {
    const [, sha256 = "", kind = ""] = /^([0-9a-f]{64})\.(gguf|ok)$/.exec(name) ?? [];
    if (kind === "ok") complete.add(sha256);
    if (kind === "gguf" && handle instanceof FileSystemFileHandle) {
      sizes.set(sha256, (await handle.getFile()).size);
    }
  }
  return [...sizes].map(([sha256, bytes]) => ({ sha256, bytes, complete: complete.has(sha256) }));
}

export async function removeStored(sha256: string): Promise<void> {
  const folder = await storedFolder();
  await folder?.removeEntry(`${sha256}.ok`).catch(() => undefined);
  await whenFree(async () => folder?.removeEntry(`${sha256}.gguf`));
}

async function storedFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(storeFolder);
  } catch {
    return undefined;
  }
}
