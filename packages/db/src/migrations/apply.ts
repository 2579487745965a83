import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { DatabaseError, messageOf } from "../errors.ts";
import type { Migration } from "./files.ts";

/** Any constant will do; it keeps two processes that start together from migrating at once. */
const MIGRATION_LOCK = 7_284_261_001;

/** The table Prisma's own tools keep, so that they and this runner agree about what has been applied. */
export const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Applied {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Brings the database up to the code. Each migration and the record of it are one transaction, so a process that is
 * killed in the middle leaves either both or neither.
 *
 * @returns the names of the migrations applied now; empty when there was nothing to do
 * @throws DatabaseError `database-newer` when the database has migrations the code doesn't know, `migration-edited`
 *   when one was changed after it was applied, `migration-failed`
 */
export async function applyMigrations(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
  try {
    await client.query(CREATE_TABLE);
    const { rows } = await client.query<Applied>(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
         FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    const pending = pendingMigrations(migrations, rows);
    for (const migration of pending) await applyOne(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK]);
  }
}

/** What is still to be applied, in order; throws where going on could do harm. */
export function pendingMigrations(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const unknown = applied.filter((row) => !known.has(row.migration_name)).map((row) => row.migration_name);
  if (unknown.length > 0) {
    throw new DatabaseError(
      "database-newer",
      `The database is newer than this Tugboat: it has ${unknown.join(", ")}, which this version doesn't know.`,
      { hint: "Update Tugboat to the version that last used this database, or point it at another one." },
    );
  }
  const halfway = applied.find((row) => !row.finished);
  if (halfway) {
    throw new DatabaseError("migration-failed", `The migration ${halfway.migration_name} was left unfinished.`, {
      hint: "Restore a backup, or mend it by hand and mark it with `npx prisma migrate resolve`.",
    });
  }
  const edited = applied.find((row) => known.get(row.migration_name)?.checksum !== row.checksum);
  if (edited) {
    throw new DatabaseError(
      "migration-edited",
      `The migration ${edited.migration_name} was changed after this database had applied it.`,
      { hint: "Put its file back as it was, and write the change as a new migration with `npm run db:diff`." },
    );
  }
  const done = new Set(applied.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !done.has(name));
}

async function applyOne(client: Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, now(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK");
    throw new DatabaseError("migration-failed", `The migration ${migration.name} failed: ${messageOf(cause)}.`, {
      hint: "Nothing of it was applied. Mend the cause and start again.",
      cause,
    });
  }
}
