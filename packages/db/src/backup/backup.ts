import { once } from "node:events";
import { PassThrough, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { z } from "zod";
import { DatabaseError } from "../errors.ts";
import { type WhichDatabase, withClient } from "./connect.ts";
import { type BackupEnd, type BackupHeader, END_OF_ROWS, quoted } from "./format.ts";
import { LineTally, linesOf } from "./lines.ts";
import { canDump, dump } from "./pg-dump.ts";
import { serverVersion } from "./pg-tools.ts";
import { countRows, readPartitions, readSequences, readTables } from "./schema.ts";

/** `pg_dump`: what PostgreSQL's own program writes. `copy`: text that Tugboat writes and reads without any program. */
export type BackupWay = "pg_dump" | "copy";

export interface BackupSummary {
  readonly way: BackupWay;
  readonly tables: number;
  readonly rows: number;
}

const applied = z.array(z.object({ name: z.string(), checksum: z.string() }));

/**
 * Writes everything of the database as it was at one moment, while others go on using it. The queue's own tables are
 * left out: it is filled again from the table of jobs.
 *
 * @param way `pg_dump` where there is one for this server, else `copy`, unless it is said
 * @throws DatabaseError `bad-backup` when there is nothing to back up, `no-tools`, `unreachable`
 */
export function backupDatabase(
  which: WhichDatabase,
  target: Writable,
  { way }: { readonly way?: BackupWay | undefined } = {},
): Promise<BackupSummary> {
  return withClient(which, async (client) => {
    // One snapshot for all tables; it holds nobody up.
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const header = await readHeader(client);
    const dumps = await canDump(client);
    if (way === "pg_dump" && !dumps) {
      throw new DatabaseError("no-tools", "There is no pg_dump here that can read this server.", {
        hint: `Install PostgreSQL's client programs, of version ${await serverVersion(client)} or newer, or take a copy.`,
      });
    }
    if (dumps && way !== "copy") {
      await dump(client, target);
      const counted = await countRows(client, header.tables);
      await client.query("COMMIT");
      return { way: "pg_dump", ...counted };
    }
    const out = new PassThrough();
    const written = pipeline(out, createGzip(), target);
    const write = async (line: string) => {
      if (!out.write(`${line}\n`)) await Promise.race([once(out, "drain"), written]);
    };
    const content = async (): Promise<BackupSummary> => {
      await write(JSON.stringify(header));
      const tallies: BackupEnd["tables"] = {};
      for (const { columns, table } of header.tables) {
        await write(JSON.stringify({ table }));
        const tally = new LineTally();
        const list = columns.map(quoted).join(", ");
        const rows = client.query(copyTo(`COPY (SELECT ${list} FROM ${quoted(table)}) TO STDOUT`));
        for await (const line of linesOf(rows)) {
          tally.add(line);
          await write(line);
        }
        await write(END_OF_ROWS);
        tallies[table] = tally.digest();
      }
      await write(JSON.stringify({ end: true, tables: tallies } satisfies BackupEnd));
      out.end();
      const rows = Object.values(tallies).reduce((sum, tally) => sum + tally.rows, 0);
      return { way: "copy", tables: header.tables.length, rows };
    };
    const [summary] = await Promise.all([content(), written]);
    await client.query("COMMIT");
    return summary;
  });
}

async function readHeader(client: Client): Promise<BackupHeader> {
  const tables = await readTables(client);
  if (!tables.some(({ table }) => table === "_prisma_migrations")) {
    throw new DatabaseError("bad-backup", "There is nothing to back up: this database was never used by Tugboat.", {
      hint: "Check TUGBOAT_HOME and DATABASE_URL.",
    });
  }
  const server = await client.query<{ version: string }>("SELECT current_setting('server_version') AS version");
  const migrations = await client.query(
    `SELECT migration_name AS name, checksum FROM "_prisma_migrations"
      WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL ORDER BY migration_name`,
  );
  return {
    tugboatBackup: 1,
    createdAt: new Date().toISOString(),
    server: server.rows[0]?.version ?? "unknown",
    migrations: applied.parse(migrations.rows),
    tables,
    partitions: await readPartitions(client),
    sequences: await readSequences(client),
  };
}
