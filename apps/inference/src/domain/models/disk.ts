import { statfs } from "node:fs/promises";
import { CatalogError } from "./errors.ts";

/** Left free on the disk: the database and the logs need to go on. */
export const reserveBytes = 512 * 2 ** 20;

/** Bytes that the disk which holds a folder has left. */
export async function freeOnDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws CatalogError `no-space` unless `bytes` more leave the reserve untouched */
export function checkRoom(what: string, bytes: number, freeBytes: number): void {
  const room = Math.max(0, freeBytes - reserveBytes);
  if (bytes <= room) return;
  throw new CatalogError("no-space", `${what} ${gib(bytes)}, the disk of this machine has ${gib(room)} left for it.`, {
    hint: "Remove models that are not needed, with their files. What came of a download stays: it goes on from there.",
  });
}

/** Bytes for people. */
export function gib(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
