import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { lockOrganization } from "../projects.ts";

export interface CollectionInfo {
  readonly id: string;
  readonly name: string;
  /** What makes vectors; null: it is searched by words alone. */
  readonly model: string | null;
  /** Grows with each change. */
  readonly revision: number;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface CollectionSize {
  readonly documents: number;
  readonly passages: number;
  /** Passages that have their vector. */
  readonly embedded: number;
  readonly characters: number;
}

export interface DocumentInfo {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly characters: number;
  readonly passages: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewPassage {
  readonly heading: string;
  readonly text: string;
  /** Lines of the document, from 1. */
  readonly fromLine: number;
  readonly toLine: number;
}

export interface NewDocument {
  readonly name: string;
  readonly digest: string;
  readonly characters: number;
  readonly passages: readonly NewPassage[];
}

export interface Passage extends NewPassage {
  readonly document: string;
  readonly documentId: string;
  readonly position: number;
}

export interface PassageVector {
  readonly documentId: string;
  readonly position: number;
  readonly embedding: readonly number[];
}

export type PassageKey = Pick<PassageVector, "documentId" | "position">;

export interface DocumentCollections {
  /** By name. */
  list(): Promise<(CollectionInfo & CollectionSize)[]>;
  /** @throws DatabaseError `not-found` */
  get(name: string): Promise<CollectionInfo>;
  find(name: string): Promise<CollectionInfo | null>;
  byId(id: string): Promise<CollectionInfo | null>;
  size(id: string): Promise<CollectionSize>;
  /** @throws DatabaseError `exists` */
  create(collection: { name: string; model: string | null; createdBy: string }): Promise<CollectionInfo>;
  remove(id: string): Promise<void>;
  documents(id: string): Promise<DocumentInfo[]>;
  /**
   * Puts a document, in the place of the one of its name.
   * @returns `same` when its text is what it was
   */
  put(id: string, document: NewDocument, createdBy: string): Promise<"added" | "changed" | "same">;
  /** @returns whether it was there */
  take(id: string, name: string): Promise<boolean>;
  /** Passages by their keys, in the order of the keys. */
  passages(id: string, keys: readonly PassageKey[]): Promise<Passage[]>;
  /** A whole document's. */
  passagesOf(id: string, name: string): Promise<Passage[]>;
  /** Passages that wait for their vector. */
  unembedded(id: string, limit: number): Promise<Passage[]>;
  embed(id: string, vectors: readonly PassageVector[]): Promise<void>;
  /** Every vector of the collection. */
  vectors(id: string): Promise<PassageVector[]>;
  /**
   * By words, the best first: any of them counts, rare and close ones more, as PostgreSQL's `ts_rank_cd` has it with
   * weights by document length.
   */
  byWords(id: string, words: readonly string[], limit: number): Promise<(PassageKey & { readonly rank: number })[]>;
}

const INFO = { id: true, name: true, model: true, revision: true, createdBy: true, createdAt: true } as const;

interface SizeRow {
  readonly id: string;
  readonly documents: bigint;
  readonly characters: bigint;
  readonly passages: bigint;
  readonly embedded: bigint;
}

export function documentCollectionsOf(db: Db, organizationId: string): DocumentCollections {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const find = (name: string, client = db) =>
    client.documentCollection.findUnique({ where: { organizationId_name: { organizationId, name } }, select: INFO });
  const sizes = async (only?: string) => {
    const which = only === undefined ? Prisma.empty : Prisma.sql`AND c.id = ${only}::uuid`;
    const rows = await db.$queryRaw<SizeRow[]>`
      SELECT c.id::text AS id,
             (SELECT count(*) FROM document d WHERE d.organization_id = c.organization_id AND d.collection_id = c.id) AS documents,
             (SELECT coalesce(sum(d.characters), 0) FROM document d
               WHERE d.organization_id = c.organization_id AND d.collection_id = c.id) AS characters,
             (SELECT count(*) FROM document_passage p
               WHERE p.organization_id = c.organization_id AND p.collection_id = c.id) AS passages,
             (SELECT count(*) FROM document_passage p
               WHERE p.organization_id = c.organization_id AND p.collection_id = c.id
                 AND cardinality(p.embedding) > 0) AS embedded
        FROM document_collection c WHERE c.organization_id = ${organizationId}::uuid ${which}`;
    return new Map(
      rows.map(({ characters, documents, embedded, id, passages }) => [
        id,
        {
          documents: Number(documents),
          characters: Number(characters),
          passages: Number(passages),
          embedded: Number(embedded),
        },
      ]),
    );
  };
  const none: CollectionSize = { documents: 0, characters: 0, passages: 0, embedded: 0 };
  const touch = (tx: Db, id: string) =>
    tx.documentCollection.update({ where: key(id), data: { revision: { increment: 1 } }, select: { id: true } });
  const shown = Prisma.sql`d.name AS document, p.document_id::text AS "documentId", p.position, p.heading, p.text,
    p.from_line AS "fromLine", p.to_line AS "toLine"`;
  const joined = (id: string) => Prisma.sql`FROM document_passage p
    JOIN document d ON d.organization_id = p.organization_id AND d.id = p.document_id
    WHERE p.organization_id = ${organizationId}::uuid AND p.collection_id = ${id}::uuid`;
  return {
    async list() {
      const [rows, counted] = await Promise.all([
        db.documentCollection.findMany({ where: { organizationId }, orderBy: { name: "asc" }, select: INFO }),
        sizes(),
      ]);
      return rows.map((row) => ({ ...row, ...(counted.get(row.id) ?? none) }));
    },
    async get(name) {
      const row = await find(name);
      if (row !== null) return row;
      throw new DatabaseError("not-found", `There is no collection ${name}.`, {
        hint: "`tug docs list` shows the collections; `tug docs push <folder> --collection <name>` makes one.",
      });
    },
    find: (name) => find(name),
    byId: (id) => db.documentCollection.findUnique({ where: key(id), select: INFO }),
    size: async (id) => (await sizes(id)).get(id) ?? none,
    create: (collection) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        if (await find(collection.name, tx))
          throw new DatabaseError("exists", `There is a collection ${collection.name} already.`);
        return tx.documentCollection.create({ data: { ...collection, organizationId }, select: INFO });
      }),
    async remove(id) {
      await db.documentCollection.deleteMany({ where: { organizationId, id } });
    },
    async documents(collectionId) {
      const rows = await db.document.findMany({
        where: { organizationId, collectionId },
        orderBy: { name: "asc" },
        select: {
          id: true,
          name: true,
          digest: true,
          characters: true,
          createdBy: true,
          createdAt: true,
          updatedAt: true,
          _count: { select: { passages: true } },
        },
      });
      return rows.map(({ _count, ...row }) => ({ ...row, passages: _count.passages }));
    },
    put: (collectionId, { characters, digest, name, passages }, createdBy) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const where = { organizationId_collectionId_name: { organizationId, collectionId, name } };
        const before = await tx.document.findUnique({ where, select: { id: true, digest: true } });
        if (before?.digest === digest) return "same";
        const { id } =
          before === null
            ? await tx.document.create({
                data: { organizationId, collectionId, name, digest, characters, createdBy },
                select: { id: true },
              })
            : await tx.document.update({
                where,
                data: { digest, characters, createdBy, updatedAt: new Date() },
                select: { id: true },
              });
        await tx.documentPassage.deleteMany({ where: { organizationId, documentId: id } });
        await tx.documentPassage.createMany({
          data: passages.map((one, position) => ({
            ...one,
            organizationId,
            collectionId,
            documentId: id,
            position,
            embedding: [],
          })),
        });
        await touch(tx, collectionId);
        return before === null ? "added" : "changed";
      }),
    take: (collectionId, name) =>
      inTransaction(db, async (tx) => {
        const { count } = await tx.document.deleteMany({ where: { organizationId, collectionId, name } });
        if (count > 0) await touch(tx, collectionId);
        return count > 0;
      }),
    async passages(id, keys) {
      if (keys.length === 0) return [];
      const wanted = Prisma.join(
        keys.map(({ documentId, position }) => Prisma.sql`(${documentId}::uuid, ${position}::int)`),
      );
      const rows = await db.$queryRaw<Passage[]>`
        SELECT ${shown} ${joined(id)} AND (p.document_id, p.position) IN (${wanted})`;
      const byKey = new Map(rows.map((row) => [`${row.documentId} ${row.position}`, row]));
      return keys.flatMap(({ documentId, position }) => byKey.get(`${documentId} ${position}`) ?? []);
    },
    passagesOf: (id, name) =>
      db.$queryRaw<Passage[]>`SELECT ${shown} ${joined(id)} AND d.name = ${name} ORDER BY p.position`,
    unembedded: (id, limit) =>
      db.$queryRaw<Passage[]>`
        SELECT ${shown} ${joined(id)} AND cardinality(p.embedding) = 0
         ORDER BY p.document_id, p.position LIMIT ${limit}`,
    embed: (collectionId, vectors) =>
      inTransaction(db, async (tx) => {
        for (const { documentId, embedding, position } of vectors) {
          await tx.documentPassage.updateMany({
            where: { organizationId, collectionId, documentId, position },
            data: { embedding: [...embedding] },
          });
        }
        if (vectors.length > 0) await touch(tx, collectionId);
      }),
    vectors: (id) =>
      db.$queryRaw<PassageVector[]>`
        SELECT p.document_id::text AS "documentId", p.position, p.embedding FROM document_passage p
         WHERE p.organization_id = ${organizationId}::uuid AND p.collection_id = ${id}::uuid
           AND cardinality(p.embedding) > 0`,
    async byWords(id, words, limit) {
      if (words.length === 0) return [];
      // Each word by itself, so that what a person types can't be an operator of a query.
      const asked = Prisma.join(
        words.map((word) => Prisma.sql`plainto_tsquery('english', ${word})`),
        " || ",
      );
      return db.$queryRaw<(PassageKey & { rank: number })[]>`
        WITH asked AS (SELECT ${asked} AS query)
        SELECT p.document_id::text AS "documentId", p.position,
               ts_rank(to_tsvector('english', p.heading || ' ' || p.text), asked.query, 1)::float8 AS rank
          FROM document_passage p, asked
         WHERE p.organization_id = ${organizationId}::uuid AND p.collection_id = ${id}::uuid
           AND to_tsvector('english', p.heading || ' ' || p.text) @@ asked.query
         ORDER BY rank DESC, p.document_id, p.position LIMIT ${limit}`;
    },
  };
}
