import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One folder of `prisma/migrations`. Their names sort by time. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the script in lower-case hexadecimal, as Prisma records it. */
  readonly checksum: string;
}

/** The repository's `prisma` folder, seen from the sources and from the build alike. */
export const prismaFolder = fileURLToPath(new URL("../../../../prisma/", import.meta.url));

export async function readMigrations(folder = join(prismaFolder, "migrations")): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}
