import type { Db } from "../client.ts";
import { Prisma } from "../generated/client.ts";
import type { Example } from "./example.ts";
import { columns, type ExampleRow, exampleOf } from "./read.ts";

/** What became of one row between two versions; `before` is null where it is new, `after` where it is gone. */
export interface RowChange {
  readonly position: number;
  readonly before: Example | null;
  readonly after: Example | null;
}

export interface DiffPage {
  readonly changes: readonly RowChange[];
  readonly next: number | null;
}

export interface DiffCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

interface Between {
  readonly organizationId: string;
  readonly datasetId: string;
  readonly from: number;
  readonly to: number;
}

/** Of rows, those that lived at `from` and not at `to`, or the other way round. */
function touched({ datasetId, from, organizationId, to }: Between): Prisma.Sql {
  const [low, high] = from < to ? [from, to] : [to, from];
  return Prisma.sql`
    SELECT * FROM (
      SELECT *, since > ${low} AS newer FROM example
       WHERE organization_id = ${organizationId}::uuid AND dataset_id = ${datasetId}::uuid
         AND since > ${low} AND since <= ${high} AND (until IS NULL OR until > ${high})
      UNION ALL
      SELECT *, false AS newer FROM example
       WHERE organization_id = ${organizationId}::uuid AND dataset_id = ${datasetId}::uuid
         AND until > ${low} AND until <= ${high} AND since <= ${low}
    ) AS either`;
}

/** What differs between two versions, row by row, in the order of positions. */
export async function readDiff(
  db: Db,
  between: Between,
  { after = 0, limit }: { readonly after?: number; readonly limit: number },
): Promise<DiffPage> {
  const rows = await db.$queryRaw<(ExampleRow & { newer: boolean })[]>`
    SELECT ${columns}, newer FROM (${touched(between)}) AS both_sides
     WHERE position > ${after} ORDER BY position, newer LIMIT ${2 * limit + 2}`;
  const forward = between.from < between.to;
  const changes = new Map<number, RowChange>();
  for (const row of rows) {
    const known = changes.get(row.position) ?? { position: row.position, before: null, after: null };
    changes.set(row.position, { ...known, [row.newer === forward ? "after" : "before"]: exampleOf(row) });
  }
  const all = [...changes.values()];
  const page = all.slice(0, limit);
  return { changes: page, next: all.length > limit ? (page.at(-1)?.position ?? null) : null };
}

export async function countDiff(db: Db, between: Between): Promise<DiffCounts> {
  const [row] = await db.$queryRaw<{ newer: bigint; older: bigint; both: bigint }[]>`
    SELECT count(*) FILTER (WHERE newer AND NOT older) AS newer, count(*) FILTER (WHERE older AND NOT newer) AS older,
           count(*) FILTER (WHERE newer AND older) AS both
      FROM (SELECT bool_or(newer) AS newer, bool_or(NOT newer) AS older
              FROM (${touched(between)}) AS both_sides GROUP BY position) AS sides`;
  const [newer, older] = [Number(row?.newer ?? 0), Number(row?.older ?? 0)];
  const forward = between.from < between.to;
  return { added: forward ? newer : older, removed: forward ? older : newer, changed: Number(row?.both ?? 0) };
}
