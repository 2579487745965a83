import type { Db } from "../client.ts";
import { Prisma } from "../generated/client.ts";
import type { Example, Json, SplitName } from "./example.ts";

/** Which examples of a version. */
export interface ExampleFilter {
  readonly split?: SplitName | "none" | undefined;
  readonly tag?: string | undefined;
  /** Found anywhere in what it says, whatever the case. */
  readonly text?: string | undefined;
  /** Those that this version brought. */
  readonly since?: number | undefined;
}

export interface ExamplePage {
  readonly examples: readonly Example[];
  /** The position after which the next page begins; null at the end. */
  readonly next: number | null;
}

export interface ExampleRow {
  readonly id: string;
  readonly position: number;
  readonly digest: string;
  readonly input: string;
  readonly expected: string | null;
  readonly tags: string[];
  readonly split: SplitName | null;
  readonly origin: string | null;
  readonly since: number;
  readonly until: number | null;
}

/** Everything but the sketch; JSON as text, which the database need not read. */
export const columns = Prisma.sql`id::text, position, encode(digest, 'hex') AS digest, input::text AS input,
  expected::text AS expected, tags, split, origin::text AS origin, since, until`;

export function exampleOf(row: ExampleRow): Example {
  return {
    id: row.id,
    position: row.position,
    digest: row.digest,
    input: json(row.input),
    expected: row.expected === null ? null : json(row.expected),
    tags: row.tags,
    split: row.split,
    origin: row.origin === null ? null : json(row.origin),
    since: row.since,
  };
}

function json(text: string): Json {
  return JSON.parse(text);
}

/** The rows of a dataset that live at a version. */
export function aliveAt(organizationId: string, datasetId: string, number: number): Prisma.Sql {
  return Prisma.sql`organization_id = ${organizationId}::uuid AND dataset_id = ${datasetId}::uuid
    AND since <= ${number} AND (until IS NULL OR until > ${number})`;
}

export function matching({ since, split, tag, text }: ExampleFilter): Prisma.Sql {
  const parts = [Prisma.empty];
  if (split === "none") parts.push(Prisma.sql`AND split IS NULL`);
  else if (split !== undefined) parts.push(Prisma.sql`AND split = ${split}`);
  if (tag !== undefined) parts.push(Prisma.sql`AND ${tag} = ANY(tags)`);
  if (since !== undefined) parts.push(Prisma.sql`AND since = ${since}`);
  if (text !== undefined && text !== "") {
    // Quotes and line breaks stand in the stored JSON as JSON writes them.
    const escaped = JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[\\%_]/g, "\\$&");
    const pattern = `%${escaped}%`;
    parts.push(Prisma.sql`AND (input::text ILIKE ${pattern} OR expected::text ILIKE ${pattern})`);
  }
  return Prisma.join(parts, " ");
}

/** Examples in the order of their positions, after one of them. */
export async function readPage(
  db: Db,
  where: { readonly organizationId: string; readonly datasetId: string; readonly number: number },
  { after = 0, limit, ...filter }: ExampleFilter & { readonly after?: number; readonly limit: number },
): Promise<ExamplePage> {
  const rows = await db.$queryRaw<ExampleRow[]>`
    SELECT ${columns} FROM example
     WHERE ${aliveAt(where.organizationId, where.datasetId, where.number)} AND position > ${after} ${matching(filter)}
     ORDER BY position LIMIT ${limit + 1}`;
  const examples = rows.slice(0, limit).map(exampleOf);
  return { examples, next: rows.length > limit ? (examples.at(-1)?.position ?? null) : null };
}
