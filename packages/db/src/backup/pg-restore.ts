import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { DatabaseError } from "../errors.ts";
import type { BackupHeader } from "./format.ts";
import { linesOf } from "./lines.ts";
import { startTool, toolEnvironment, toolVersion } from "./pg-tools.ts";

/** How a file of `pg_dump -Fc` begins. */
export const dumpMagic = "PGDMP";

/** @throws DatabaseError `no-tools` where PostgreSQL's programs are missing */
export async function requireTools(): Promise<void> {
  for (const tool of ["pg_restore", "psql"] as const) {
    if ((await toolVersion(tool)) !== undefined) continue;
    throw new DatabaseError("no-tools", `The file is of pg_dump, and there is no ${tool} here to restore it.`, {
      hint: "Install PostgreSQL's client programs, of the version that wrote it or newer, or restore a copy (--as copy).",
    });
  }
}

/**
 * The migrations that the dumped database had applied.
 *
 * @throws DatabaseError `bad-backup`
 */
export async function dumpedMigrations(source: Readable): Promise<BackupHeader["migrations"]> {
  const lines = pgRestore(source, ["--data-only", "--table=_prisma_migrations"]);
  const found: { name: string; checksum: string }[] = [];
  let columns: string[] | undefined;
  for await (const line of lines) {
    const [, list] = /^COPY public\._prisma_migrations \((.*)\) FROM stdin;$/.exec(line) ?? [];
    if (list !== undefined) columns = list.split(", ").map((name) => name.replaceAll('"', ""));
    else if (line === "\\.") columns = undefined;
    else if (columns) {
      const cells = line.split("\t");
      const cell = (name: string) => cells[columns?.indexOf(name) ?? -1] ?? "\\N";
      if (cell("finished_at") === "\\N" || cell("rolled_back_at") !== "\\N") continue;
      found.push({ name: cell("migration_name"), checksum: cell("checksum") });
    }
  }
  if (found.length === 0) {
    throw new DatabaseError("bad-backup", "The file is a dump, but not of Tugboat's database.", {
      hint: "Nothing was changed. Take another backup, or copy this one again.",
    });
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Replaces everything in the database by the dump, in one transaction.
 *
 * @param open the file from its beginning, each time it is called
 * @throws DatabaseError `bad-backup`; what was there before stays
 */
export async function restoreDump(client: Client, open: () => Readable): Promise<void> {
  let makesPublic = false;
  for await (const line of pgRestore(open(), ["--list"])) makesPublic ||= /; \d+ \d+ SCHEMA - public\b/.test(line);
  const psql = startTool("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"], toolEnvironment(client));
  psql.child.stdout.resume();
  const say = async (text: string) => {
    if (!psql.child.stdin.write(text)) await Promise.race([once(psql.child.stdin, "drain"), psql.ended]);
  };
  try {
    await say("BEGIN;\nDROP SCHEMA IF EXISTS bullmq CASCADE;\nDROP SCHEMA IF EXISTS public CASCADE;\n");
    if (!makesPublic) await say("CREATE SCHEMA public;\n");
    for await (const line of pgRestore(open(), [])) await say(`${line}\n`);
    // Only now: a dump that breaks off must not count by halves.
    await say("COMMIT;\n");
  } catch (cause) {
    // Without its last word the server takes everything back.
    psql.child.stdin.end();
    await psql.ended.catch(() => {});
    throw cause;
  }
  psql.child.stdin.end();
  await psql.ended;
}

/** What `pg_restore` makes of a dump, as lines of text. */
async function* pgRestore(source: Readable, args: readonly string[]): AsyncGenerator<string> {
  const options = args.includes("--list") ? args : [...args, "--no-owner", "--no-privileges", "--file=-"];
  const { child, ended } = startTool("pg_restore", options, process.env);
  const fed = pipeline(source, child.stdin).catch((cause: NodeJS.ErrnoException) => {
    // It has read enough; whether it was content, its end says.
    if (cause.code !== "EPIPE" && cause.code !== "ERR_STREAM_PREMATURE_CLOSE") throw cause;
  });
  fed.catch(() => {});
  try {
    yield* linesOf(child.stdout);
    await Promise.all([ended, fed]);
  } finally {
    child.kill("SIGKILL");
    source.destroy();
  }
}
