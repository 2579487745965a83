import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { ExampleSum, exampleDigest, type NewExample, newExampleId, type Sealed } from "./example.ts";
import { FactCounter, versionFacts } from "./facts.ts";
import { aliveAt } from "./read.ts";

export interface Publishing {
  readonly createdBy: string;
  readonly note?: string;
  /** The number of the version that the change was made against; left out, whichever is the latest. */
  readonly seen?: number | undefined;
  /** Kept in the version's facts, so that whoever repeats an import finds that it is done. */
  readonly importId?: string | undefined;
}

export type ExampleSource = Iterable<NewExample> | AsyncIterable<NewExample>;

/** One row put, changed or taken away. */
export type RowEdit =
  | { readonly kind: "add"; readonly example: NewExample }
  | { readonly kind: "replace"; readonly position: number; readonly example: NewExample }
  | { readonly kind: "remove"; readonly position: number };

/** Rows that travel to the database in one statement. */
const batchRows = 2000;
/** A million rows take minutes, and all of them are one change. */
const longestMs = 3_600_000;

interface Latest {
  readonly number: number;
  readonly rows: number;
  readonly digest: string;
  readonly sum: Uint8Array;
  readonly facts: unknown;
}

/** A version in the making: the transaction, its number, and the tally from which it is described. */
class Draft {
  readonly number: number;
  readonly sum: ExampleSum;
  readonly facts: FactCounter;
  readonly counts = { added: 0, changed: 0, removed: 0 };
  readonly tx: Prisma.TransactionClient;
  readonly organizationId: string;
  readonly datasetId: string;
  readonly latest: Latest | null;

  constructor(tx: Prisma.TransactionClient, organizationId: string, datasetId: string, latest: Latest | null) {
    this.tx = tx;
    this.organizationId = organizationId;
    this.datasetId = datasetId;
    this.latest = latest;
    this.number = (latest?.number ?? 0) + 1;
    this.sum = new ExampleSum(latest?.sum);
    this.facts = new FactCounter(latest === null ? undefined : versionFacts.parse(latest.facts));
  }

  get rows(): number {
    return (this.latest?.rows ?? 0) + this.counts.added - this.counts.removed;
  }

  get alive(): Prisma.Sql {
    return aliveAt(this.organizationId, this.datasetId, this.latest?.number ?? 0);
  }

  gain(example: Sealed): void {
    this.sum.add(example);
    this.facts.add(example);
  }

  lose(example: Sealed): void {
    this.sum.remove(example);
    this.facts.remove(example);
  }

  async lastPosition(): Promise<number> {
    const [row] = await this.tx.$queryRaw<{ last: number | null }[]>`
      SELECT max(position) AS last FROM example WHERE dataset_id = ${this.datasetId}::uuid`;
    return row?.last ?? 0;
  }

  async insert(rows: readonly StoredExample[]): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.$executeRaw`
      INSERT INTO example (organization_id, dataset_id, since, ${Prisma.raw(names)})
      SELECT ${this.organizationId}::uuid, ${this.datasetId}::uuid, ${this.number}::int, ${Prisma.raw(received)}
        FROM json_to_recordset(${JSON.stringify(rows)}::json) AS sent(${Prisma.raw(sent)})`;
  }
}

const manyRows = 5000;
const names = "id, position, digest, input, expected, tags, split, origin, sketch";
const received = "id, position, decode(digest, 'hex'), input, expected, tags, split, origin, sketch";
const sent =
  "id uuid, position int, digest text, input json, expected json, tags text[], split text, origin json, sketch int[]";

interface StoredExample extends Sealed, Pick<NewExample, "input" | "origin"> {
  readonly id: string;
  readonly position: number;
  readonly sketch: readonly number[];
  /** Left out for null: JSON's null is no expected answer. */
  readonly expected?: NewExample["expected"];
}

function stored(example: NewExample, position: number): StoredExample {
  const { expected, input, origin = null, sketch = [], split = null, tags = [] } = example;
  return {
    id: newExampleId(),
    position,
    digest: exampleDigest(input, expected),
    input,
    ...(expected !== null && { expected }),
    tags: [...new Set(tags)].sort(),
    split,
    ...(origin !== null && { origin }),
    sketch,
  };
}

/**
 * Makes a dataset's next version, or none when it would hold what the latest holds.
 * @returns the number of the version that holds the result
 * @throws DatabaseError `not-found`; `conflict` when somebody else made a version since `seen`
 */
async function publish(
  db: Db,
  where: { readonly organizationId: string; readonly datasetId: string },
  { createdBy, importId, note = "", seen }: Publishing,
  write: (draft: Draft) => Promise<void>,
): Promise<{ number: number; made: boolean }> {
  const { datasetId, organizationId } = where;
  const run = async (tx: Prisma.TransactionClient) => {
    const locked = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM dataset WHERE id = ${datasetId}::uuid AND organization_id = ${organizationId}::uuid FOR UPDATE`;
    if (locked.length === 0) throw new DatabaseError("not-found", "There is no such dataset.", { subject: datasetId });
    const latest = await tx.datasetVersion.findFirst({ where: { datasetId }, orderBy: { number: "desc" } });
    if (seen !== undefined && seen !== (latest?.number ?? 0)) {
      const message = `The dataset has version ${latest?.number ?? 0} meanwhile; the change was made against ${seen}.`;
      throw new DatabaseError("conflict", message, {
        subject: datasetId,
        hint: "Look at it again, then repeat your change.",
      });
    }
    const draft = new Draft(tx, organizationId, datasetId, latest);
    await write(draft);
    const digest = draft.sum.digest(draft.rows);
    if (latest !== null && digest === latest.digest) {
      await tx.$executeRaw`DELETE FROM example WHERE dataset_id = ${datasetId}::uuid AND since = ${draft.number}`;
      await tx.$executeRaw`UPDATE example SET until = NULL WHERE dataset_id = ${datasetId}::uuid AND until = ${draft.number}`;
      return { number: latest.number, made: false };
    }
    await tx.datasetVersion.create({
      data: {
        organizationId,
        datasetId,
        number: draft.number,
        digest,
        sum: draft.sum.bytes,
        rows: draft.rows,
        ...draft.counts,
        facts: { ...draft.facts.facts, ...(importId !== undefined && { importId }) },
        note,
        createdBy,
      },
    });
    await tx.dataset.update({ where: { id: datasetId }, data: { updatedAt: new Date() } });
    // Until its statistics know of many new rows, the database reads all of them to show the first fifty.
    if (draft.counts.added + draft.counts.changed >= manyRows) await tx.$executeRaw`ANALYZE example`;
    return { number: draft.number, made: true };
  };
  return "$transaction" in db ? db.$transaction(run, { maxWait: 10_000, timeout: longestMs }) : run(db);
}

type Where = Parameters<typeof publish>[1];

/** Adds examples after those that are there. */
export function appendExamples(db: Db, where: Where, rows: ExampleSource, publishing: Publishing) {
  return publish(db, where, publishing, (draft) => append(draft, rows));
}

async function append(draft: Draft, rows: ExampleSource): Promise<void> {
  let position = await draft.lastPosition();
  let batch: StoredExample[] = [];
  for await (const example of rows) {
    const row = stored(example, ++position);
    draft.gain(row);
    draft.counts.added++;
    batch.push(row);
    if (batch.length < batchRows) continue;
    await draft.insert(batch);
    batch = [];
  }
  await draft.insert(batch);
}

/** Makes these the dataset's examples. What was there already stays as it is, with its positions. */
export function replaceExamples(db: Db, where: Where, rows: ExampleSource, publishing: Publishing) {
  return publish(db, where, publishing, (draft) =>
    draft.latest === null || draft.latest.rows === 0 ? append(draft, rows) : replace(draft, rows),
  );
}

async function replace(draft: Draft, rows: ExampleSource): Promise<void> {
  const { tx } = draft;
  await tx.$executeRaw`DROP TABLE IF EXISTS incoming, kept`;
  await tx.$executeRaw`CREATE TEMP TABLE incoming (id uuid, position int, digest bytea, input json, expected json,
    tags text[], split text, origin json, sketch int[]) ON COMMIT DROP`;
  let ordinal = 0;
  let batch: StoredExample[] = [];
  const send = async () => {
    await tx.$executeRaw`INSERT INTO incoming (${Prisma.raw(names)}) SELECT ${Prisma.raw(received)}
      FROM json_to_recordset(${JSON.stringify(batch)}::json) AS sent(${Prisma.raw(sent)})`;
    batch = [];
  };
  for await (const example of rows) {
    batch.push(stored(example, ++ordinal));
    if (batch.length === batchRows) await send();
  }
  if (batch.length > 0) await send();
  // The n-th of equal examples is the n-th of those that are there.
  await tx.$executeRaw`CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT old.position, new.ordinal
      FROM (SELECT position, digest, tags, coalesce(split, '') AS split,
                   row_number() OVER (PARTITION BY digest, tags, split ORDER BY position) AS n
              FROM example WHERE ${draft.alive}) AS old
      JOIN (SELECT position AS ordinal, digest, tags, coalesce(split, '') AS split,
                   row_number() OVER (PARTITION BY digest, tags, split ORDER BY position) AS n
              FROM incoming) AS new USING (digest, tags, split, n)`;
  await tx.$executeRaw`DELETE FROM incoming USING kept WHERE incoming.position = kept.ordinal`;
  await tx.$executeRaw`UPDATE example SET until = ${draft.number} WHERE ${draft.alive}
    AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.position = example.position)`;
  const last = await draft.lastPosition();
  // What asks the same as a row that goes takes its place: that row changed.
  await tx.$executeRaw`
    INSERT INTO example (organization_id, dataset_id, since, ${Prisma.raw(names)})
    SELECT ${draft.organizationId}::uuid, ${draft.datasetId}::uuid, ${draft.number}::int, new.id,
           coalesce(gone.position, ${last}::int + (row_number() OVER (PARTITION BY gone.position IS NULL ORDER BY new.position))::int),
           new.digest, new.input, new.expected, new.tags, new.split, new.origin, new.sketch
      FROM (SELECT *, md5(input::text) AS asked,
                   row_number() OVER (PARTITION BY md5(input::text) ORDER BY position) AS n FROM incoming) AS new
      LEFT JOIN (SELECT position, md5(input::text) AS asked,
                        row_number() OVER (PARTITION BY md5(input::text) ORDER BY position) AS n
                   FROM example WHERE dataset_id = ${draft.datasetId}::uuid AND until = ${draft.number}) AS gone
             USING (asked, n)`;
  const gained = await tally(draft, Prisma.sql`since = ${draft.number}`, (row) => draft.gain(row));
  const lost = await tally(draft, Prisma.sql`until = ${draft.number}`, (row) => draft.lose(row));
  const [pairs] = await tx.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM example AS a JOIN example AS b USING (dataset_id, position)
     WHERE dataset_id = ${draft.datasetId}::uuid AND a.since = ${draft.number} AND b.until = ${draft.number}`;
  const changed = Number(pairs?.count ?? 0);
  Object.assign(draft.counts, { added: gained - changed, changed, removed: lost - changed });
}

async function tally(draft: Draft, which: Prisma.Sql, see: (row: Sealed) => void): Promise<number> {
  let after = 0;
  let count = 0;
  for (;;) {
    const rows = await draft.tx.$queryRaw<(Sealed & { position: number })[]>`
      SELECT position, encode(digest, 'hex') AS digest, tags, split FROM example
       WHERE dataset_id = ${draft.datasetId}::uuid AND ${which} AND position > ${after} ORDER BY position LIMIT 10000`;
    for (const row of rows) see(row);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined) return count;
    after = last.position;
  }
}

/**
 * Changes single rows.
 * @throws DatabaseError `not-found` for a position that has no row
 */
export function editExamples(db: Db, where: Where, edits: readonly RowEdit[], publishing: Publishing) {
  return publish(db, where, publishing, async (draft) => {
    const positions = edits.flatMap((edit) => (edit.kind === "add" ? [] : [edit.position]));
    const rows = await draft.tx.$queryRaw<(Sealed & { position: number })[]>`
      UPDATE example SET until = ${draft.number} WHERE ${draft.alive} AND position = ANY(${positions}::int[])
      RETURNING position, encode(digest, 'hex') AS digest, tags, split`;
    const found = new Map(rows.map((row) => [row.position, row]));
    const missing = positions.find((position) => !found.has(position));
    if (missing !== undefined) {
      throw new DatabaseError("not-found", `There is no row ${missing} in the latest version.`, {
        hint: "Look at it again: somebody may have taken it away.",
      });
    }
    for (const row of rows) draft.lose(row);
    let last = await draft.lastPosition();
    const added = edits.flatMap((edit) => {
      if (edit.kind === "remove") return [];
      return [stored(edit.example, edit.kind === "add" ? ++last : edit.position)];
    });
    for (const row of added) draft.gain(row);
    for (let i = 0; i < added.length; i += batchRows) await draft.insert(added.slice(i, i + batchRows));
    for (const { kind } of edits) {
      draft.counts[kind === "add" ? "added" : kind === "replace" ? "changed" : "removed"]++;
    }
  });
}
