import type { Client } from "pg";
import { z } from "zod";
import { type BackupHeader, quoted } from "./format.ts";

const tableRow = z.object({ table: z.string(), columns: z.array(z.string()) });
const reference = z.object({ child: z.string(), parent: z.string() });
const partition = z.object({ name: z.string(), parent: z.string(), bound: z.string() });
const counted = z.tuple([z.object({ rows: z.number() })]);
const sequence = z.object({ name: z.string(), value: z.string() });

/** The tables of the schema `public`, partitions under their parent's name, in an order in which they can be filled. */
export async function readTables(client: Client): Promise<BackupHeader["tables"]> {
  const tables = await client.query(`
    SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     GROUP BY c.relname ORDER BY c.relname`);
  const references = await client.query(`
    SELECT DISTINCT child.relname AS child, parent.relname AS parent
      FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
     WHERE k.contype = 'f' AND child.relnamespace = 'public'::regnamespace AND child.oid <> parent.oid`);
  return parentsFirst(z.array(tableRow).parse(tables.rows), z.array(reference).parse(references.rows));
}

/** How much there is in those tables. */
export async function countRows(
  client: Client,
  tables: BackupHeader["tables"],
): Promise<{ readonly tables: number; readonly rows: number }> {
  let rows = 0;
  for (const { table } of tables) {
    const [found] = counted.parse((await client.query(`SELECT count(*)::float8 AS rows FROM ${quoted(table)}`)).rows);
    rows += found.rows;
  }
  return { tables: tables.length, rows };
}

/** @throws Error when tables refer to each other in a circle, which no order can fill */
export function parentsFirst<T extends { readonly table: string }>(
  tables: readonly T[],
  references: readonly { readonly child: string; readonly parent: string }[],
): T[] {
  const placed: T[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ table }) => table));
    const free = left.filter(({ table }) => !references.some((one) => one.child === table && waiting.has(one.parent)));
    if (free.length === 0) throw new Error(`These tables refer to each other: ${[...waiting].join(", ")}.`);
    placed.push(...free);
    left = left.filter((one) => !free.includes(one));
  }
  return placed;
}

export async function readPartitions(client: Client): Promise<BackupHeader["partitions"]> {
  const { rows } = await client.query(`
    SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
      FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relispartition ORDER BY c.oid`);
  return z.array(partition).parse(rows);
}

export async function readSequences(client: Client): Promise<BackupHeader["sequences"]> {
  const { rows } = await client.query(`
    SELECT sequencename AS name, last_value::text AS value
      FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1`);
  return z.array(sequence).parse(rows);
}
