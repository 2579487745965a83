import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { z } from "zod";
import { DatabaseError, messageOf } from "../errors.ts";
import { CREATE_TABLE } from "../migrations/apply.ts";
import { type Migration, readMigrations } from "../migrations/files.ts";
import type { BackupSummary } from "./backup.ts";
import { type WhichDatabase, withClient } from "./connect.ts";
import { type BackupHeader, END_OF_ROWS, endSchema, headerSchema, quoted, tableSchema } from "./format.ts";
import { LineTally, linesOf } from "./lines.ts";
import { dumpedMigrations, dumpMagic, requireTools, restoreDump } from "./pg-restore.ts";
import { countRows, readTables } from "./schema.ts";

/**
 * Makes the database what the backup says, of whichever way that is: its schema, then its rows. All of it is one
 * transaction, so what was there before stays when anything is wrong. Newer migrations are applied at the next start.
 *
 * @param open the file from its beginning, each time it is called
 * @throws DatabaseError `not-empty` without `force`, `in-use`, `bad-backup`, `database-newer` when the backup is,
 *   `no-tools` when the backup is pg_dump's and there is no pg_restore, `unreachable`
 */
export async function restoreDatabase(
  which: WhichDatabase,
  open: () => Readable,
  { force }: { readonly force: boolean },
): Promise<BackupSummary> {
  const dumped = await beginsWith(open(), dumpMagic);
  return withClient(which, (client) => (dumped ? fromDump(client, open, force) : fromCopy(client, open(), force)));
}

async function beginsWith(source: Readable, text: string): Promise<boolean> {
  const wanted = Buffer.from(text);
  let begin = Buffer.alloc(0);
  for await (const chunk of source) {
    begin = Buffer.concat([begin, Buffer.from(chunk)]);
    if (begin.length >= wanted.length) break;
  }
  return begin.subarray(0, wanted.length).equals(wanted);
}

async function fromDump(client: Client, open: () => Readable, force: boolean): Promise<BackupSummary> {
  await requireTools();
  knownMigrations(await dumpedMigrations(open()), await readMigrations());
  await refuseOthers(client);
  await refuseRows(client, force);
  await restoreDump(client, open);
  return { way: "pg_dump", ...(await countRows(client, await readTables(client))) };
}

async function fromCopy(client: Client, source: Readable, force: boolean): Promise<BackupSummary> {
  const unzipped = source.pipe(createGunzip());
  source.on("error", (error) => unzipped.destroy(error));
  const lines = new BackupLines(linesOf(unzipped));
  const header = await lines.json(headerSchema, "is not a backup of Tugboat");
  const migrations = knownMigrations(header.migrations, await readMigrations());
  await client.query("BEGIN");
  try {
    await refuseOthers(client);
    await makeEmpty(client, force);
    await client.query(CREATE_TABLE);
    for (const { sql } of migrations) await client.query(sql);
    for (const { bound, name, parent } of header.partitions) {
      await client.query(`CREATE TABLE IF NOT EXISTS ${quoted(name)} PARTITION OF ${quoted(parent)} ${bound}`);
    }
    const rows = await loadTables(client, header, lines);
    for (const { name, value } of header.sequences) {
      await client.query("SELECT setval($1::regclass, $2::bigint)", [quoted(name), value]);
    }
    await client.query("COMMIT");
    return { way: "copy", tables: header.tables.length, rows };
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {});
    if (cause instanceof DatabaseError) throw cause;
    throw broken(`can't be restored: ${messageOf(cause)}`, cause);
  }
}

/** Reads a backup line by line, and says in words what is wrong with it. */
class BackupLines {
  readonly #lines: AsyncGenerator<string>;

  constructor(lines: AsyncGenerator<string>) {
    this.#lines = lines;
  }

  async next(): Promise<string> {
    const { done, value } = await this.#lines.next().catch((cause: unknown) => {
      throw broken(`can't be read: ${messageOf(cause)}`, cause);
    });
    if (done) throw broken("ends too early: it was cut");
    return value;
  }

  async json<T>(schema: z.ZodType<T>, otherwise: string): Promise<T> {
    const line = await this.next();
    try {
      return schema.parse(JSON.parse(line));
    } catch (cause) {
      throw broken(otherwise, cause);
    }
  }
}

function broken(what: string, cause?: unknown): DatabaseError {
  const hint = "Nothing was changed. Take another backup, or copy this one again.";
  return new DatabaseError("bad-backup", `The file ${what}.`, { hint, cause });
}

/** The migrations that make the backup's schema. */
function knownMigrations(migrations: BackupHeader["migrations"], known: readonly Migration[]): Migration[] {
  return migrations.map(({ checksum, name }) => {
    const migration = known.find((one) => one.name === name);
    if (migration?.checksum === checksum) return migration;
    throw new DatabaseError("database-newer", `The backup is of another version of Tugboat: it has ${name}.`, {
      hint: "Restore it with the version that wrote it, or a newer one.",
    });
  });
}

const others = z.object({ count: z.number() });

/** Whoever has just left is still seen for a moment. */
const leavingMs = 1500;

async function refuseOthers(client: Client): Promise<void> {
  for (const until = Date.now() + leavingMs; ; await sleep(50)) {
    const { rows } = await client.query(
      `SELECT count(*)::int4 AS count FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    if (others.parse(rows[0]).count === 0) return;
    if (Date.now() > until) break;
  }
  throw new DatabaseError("in-use", "Something is connected to this database.", {
    hint: "Stop Tugboat and whatever else uses the database, then restore.",
  });
}

async function refuseRows(client: Client, force: boolean): Promise<void> {
  if (force) return;
  for (const { table } of await readTables(client)) {
    const { rowCount } = await client.query(`SELECT 1 FROM ${quoted(table)} LIMIT 1`);
    if (!rowCount || table === "_prisma_migrations") continue;
    throw new DatabaseError("not-empty", `This database is not empty: there are rows in ${table}.`, {
      hint: "Restore into an empty one, or give --force: then everything in it is replaced.",
    });
  }
}

async function makeEmpty(client: Client, force: boolean): Promise<void> {
  await refuseRows(client, force);
  await client.query("DROP SCHEMA IF EXISTS bullmq CASCADE");
  await client.query("DROP SCHEMA public CASCADE");
  await client.query("CREATE SCHEMA public");
}

/** @returns how many rows; throws before the transaction ends when they are not what was backed up */
async function loadTables(client: Client, header: BackupHeader, lines: BackupLines): Promise<number> {
  const loaded: Record<string, { rows: number; sha256: string }> = {};
  for (const { columns, table } of header.tables) {
    const begun = await lines.json(tableSchema, `has no ${table} where it should be`);
    if (begun.table !== table) throw broken(`has ${begun.table} where ${table} should be`);
    const tally = new LineTally();
    const list = columns.map(quoted).join(", ");
    const into = client.query(copyFrom(`COPY ${quoted(table)} (${list}) FROM STDIN`));
    const ended = new Promise<void>((resolve, reject) => {
      into.once("finish", resolve);
      into.once("error", reject);
    });
    // It is waited for below, or the writing fails first.
    ended.catch(() => {});
    try {
      for (let line = await lines.next(); line !== END_OF_ROWS; line = await lines.next()) {
        tally.add(line);
        if (!into.write(`${line}\n`)) await Promise.race([once(into, "drain"), ended]);
      }
    } catch (cause) {
      into.destroy();
      throw cause;
    }
    into.end();
    await ended;
    loaded[table] = tally.digest();
  }
  const { tables } = await lines.json(endSchema, "has no end: it was cut");
  for (const { table } of header.tables) {
    const [was, is] = [tables[table], loaded[table]];
    if (was?.rows !== is?.rows || was?.sha256 !== is?.sha256) throw broken(`was changed: ${table} is not what it was`);
  }
  return Object.values(loaded).reduce((sum, { rows }) => sum + rows, 0);
}
