/** Compiled kernels in files, one each, named by the hash of compiler, source and constants. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KernelCache } from "../cpu/compiled.ts";

/** Another compiler makes other code: its files' content is part of every name. */
function compilerDigest(): string {
  const hash = createHash("sha256");
  const folder = fileURLToPath(new URL("../cpu/", import.meta.url));
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (/(?<!\.test|\.d)\.[jt]s$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest("hex");
}

/** Unreadable and unwritable folders are no error: then every process compiles for itself. */
export function folderCache(folder: string): KernelCache {
  let compiler: string | undefined;
  const place = (key: string): string => {
    compiler ??= compilerDigest();
    return join(folder, createHash("sha256").update(compiler).update(key).digest("hex").slice(0, 40));
  };
  return {
    read: (key) => {
      try {
        return readFileSync(place(key));
      } catch {
        return undefined;
      }
    },
    write: (key, value) => {
      try {
        mkdirSync(folder, { recursive: true });
        const file = place(key);
        // Renamed into place, so that another process never reads half a kernel.
        const half = `${file}.${process.pid}`;
        writeFileSync(half, value);
        renameSync(half, file);
      } catch {
        // A full or read-only disk costs speed, nothing else.
      }
    },
  };
}
