import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { type Dataset, Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import { checkVersion, nextVersion } from "../versions.ts";
import { countDiff, type DiffCounts, type DiffPage, readDiff } from "./diff.ts";
import type { Example, SplitName } from "./example.ts";
import { type VersionFacts, versionFacts } from "./facts.ts";
import {
  appendExamples,
  type ExampleSource,
  editExamples,
  type Publishing,
  type RowEdit,
  replaceExamples,
} from "./publish.ts";
import {
  aliveAt,
  columns,
  type ExampleFilter,
  type ExamplePage,
  type ExampleRow,
  exampleOf,
  matching,
  readPage,
} from "./read.ts";

export interface DatasetVersionInfo {
  readonly id: string;
  readonly datasetId: string;
  readonly number: number;
  /** Of its examples, in hexadecimal. */
  readonly digest: string;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly facts: VersionFacts;
  readonly note: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface DatasetInfo {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `{input, expected}`, JSON Schemas; null where anything goes. */
  readonly schema: unknown;
  /** Null until something was imported. */
  readonly latest: DatasetVersionInfo | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An example at one time of its row, with the version that brought it and the one that took it away. */
export interface RowMoment {
  readonly example: Example;
  readonly brought: DatasetVersionInfo;
  readonly gone: DatasetVersionInfo | null;
}

export interface Published {
  readonly version: DatasetVersionInfo;
  /** False where the latest version holds the same already: then it is that one. */
  readonly made: boolean;
}

type SchemaValue = NonNullable<Parameters<Db["dataset"]["create"]>[0]["data"]["schema"]>;

export interface DatasetChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Null lets anything in again. */
  readonly schema?: SchemaValue | null | undefined;
}

/** An organization's datasets. Where a dataset is asked for, its id and its name both do. */
export interface Datasets {
  /** The one that changed last first. */
  list(): Promise<DatasetInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(idOrName: string): Promise<DatasetInfo>;
  /** @throws DatabaseError `exists` */
  create(dataset: {
    readonly name: string;
    readonly description?: string;
    readonly createdBy: string;
  }): Promise<DatasetInfo>;
  /** @throws DatabaseError `not-found`, `conflict`, `exists` */
  update(id: string, change: DatasetChange, seen: Date): Promise<DatasetInfo>;
  /** With every version. @throws DatabaseError `not-found` */
  remove(id: string): Promise<void>;
  /** The newest first. @throws DatabaseError `not-found` */
  versions(idOrName: string): Promise<DatasetVersionInfo[]>;
  /** By its id. @throws DatabaseError `not-found` */
  version(id: string): Promise<DatasetVersionInfo>;
  /**
   * What `name`, `name@latest`, `name@3` and `name@sha256:<first digits of the digest>` mean now.
   * @throws DatabaseError `not-found`
   */
  resolve(reference: string): Promise<{ dataset: DatasetInfo; version: DatasetVersionInfo }>;
  /** Examples in the order of their positions. @throws DatabaseError `not-found` */
  page(
    versionId: string,
    query: ExampleFilter & { readonly after?: number; readonly limit: number },
  ): Promise<ExamplePage>;
  /** @throws DatabaseError `not-found` */
  count(versionId: string, filter: ExampleFilter): Promise<number>;
  /** All examples of a version, without holding more than a thousand of them. @throws DatabaseError `not-found` */
  stream(versionId: string, filter?: ExampleFilter): AsyncIterable<Example>;
  /** The sketches of the latest version's examples with their splits, for whoever must keep near-duplicates together. */
  sketches(datasetId: string): AsyncIterable<{ readonly sketch: readonly number[]; readonly split: SplitName | null }>;
  /** The splits of the latest version's examples that share a part of a sketch. */
  splitsNear(datasetId: string, sketch: readonly number[], except: readonly number[]): Promise<SplitName[]>;
  /** What differs between two versions of a dataset, by their numbers. */
  diff(
    datasetId: string,
    from: number,
    to: number,
    query: { readonly after?: number; readonly limit: number },
  ): Promise<DiffPage>;
  diffCounts(datasetId: string, from: number, to: number): Promise<DiffCounts>;
  /** What a row has been, the newest first, with the versions that made it so. */
  history(datasetId: string, position: number): Promise<RowMoment[]>;
  /** Adds examples. @throws DatabaseError `not-found`, `conflict` */
  append(datasetId: string, rows: ExampleSource, publishing: Publishing): Promise<Published>;
  /** Makes these all of its examples; those that are there already are kept. @throws DatabaseError as `append` */
  replace(datasetId: string, rows: ExampleSource, publishing: Publishing): Promise<Published>;
  /** Changes single rows. @throws DatabaseError as `append`, `not-found` for a row that is gone */
  edit(datasetId: string, edits: readonly RowEdit[], publishing: Publishing): Promise<Published>;
}

const VERSION = {
  id: true,
  datasetId: true,
  number: true,
  digest: true,
  rows: true,
  added: true,
  changed: true,
  removed: true,
  facts: true,
  note: true,
  createdBy: true,
  createdAt: true,
} as const;
const LATEST = { versions: { select: VERSION, orderBy: { number: "desc" }, take: 1 } } as const;

type VersionRow = Prisma.DatasetVersionGetPayload<{ select: typeof VERSION }>;

function versionOf(row: VersionRow): DatasetVersionInfo {
  return { ...row, facts: versionFacts.parse(row.facts) };
}

function infoOf({ versions, ...row }: Dataset & { versions: VersionRow[] }): DatasetInfo {
  const { organizationId: _, ...dataset } = row;
  return { ...dataset, latest: versions[0] === undefined ? null : versionOf(versions[0]) };
}

export function datasetsOf(db: Db, organizationId: string): Datasets {
  const find = async (idOrName: string): Promise<DatasetInfo> => {
    const where = isId(idOrName) ? { organizationId, id: idOrName } : { organizationId, name: idOrName };
    const row = await db.dataset.findFirst({ where, include: LATEST });
    if (row !== null) return infoOf(row);
    throw new DatabaseError("not-found", `There is no dataset ${idOrName}.`, {
      hint: "The page Datasets and `tug datasets list` show them.",
    });
  };
  const version = async (id: string): Promise<DatasetVersionInfo> => {
    const row = isId(id) ? await db.datasetVersion.findFirst({ where: { organizationId, id }, select: VERSION }) : null;
    if (row !== null) return versionOf(row);
    throw new DatabaseError("not-found", `There is no version ${id} of a dataset.`);
  };
  const nameIsFree = async (name: string, except?: string) => {
    const taken = await db.dataset.findFirst({ where: { organizationId, name }, select: { id: true } });
    if (taken === null || taken.id === except) return;
    throw new DatabaseError("exists", `There is a dataset ${name} already.`, {
      hint: "Choose another name, or import into that one: it gets a new version.",
    });
  };
  const published = async (datasetId: string, { made, number }: { number: number; made: boolean }) => {
    const row = await db.datasetVersion.findUniqueOrThrow({
      where: { datasetId_number: { datasetId, number } },
      select: VERSION,
    });
    return { version: versionOf(row), made };
  };
  const place = ({ datasetId, number }: DatasetVersionInfo) => ({ organizationId, datasetId, number });

  return {
    async list() {
      const rows = await db.dataset.findMany({
        where: { organizationId },
        include: LATEST,
        orderBy: { updatedAt: "desc" },
      });
      return rows.map(infoOf);
    },
    get: find,
    async create({ createdBy, description = "", name }) {
      await nameIsFree(name);
      const row = await db.dataset.create({
        data: { organizationId, name, description, createdBy },
        include: LATEST,
      });
      return infoOf(row);
    },
    async update(id, { schema, ...change }, seen) {
      const row = await find(id);
      checkVersion(row, seen, "The dataset", id);
      if (change.name !== undefined) await nameIsFree(change.name, id);
      const json = schema === undefined ? {} : { schema: schema === null ? Prisma.DbNull : schema };
      const data = { ...change, ...json, updatedAt: nextVersion(row) };
      return infoOf(await db.dataset.update({ where: { id }, data, include: LATEST }));
    },
    async remove(id) {
      const { count } = await db.dataset.deleteMany({ where: { organizationId, id } });
      if (count === 0) await find(id);
    },
    async versions(idOrName) {
      const { id } = await find(idOrName);
      const rows = await db.datasetVersion.findMany({
        where: { datasetId: id },
        select: VERSION,
        orderBy: { number: "desc" },
      });
      return rows.map(versionOf);
    },
    version,
    async resolve(reference) {
      const at = reference.lastIndexOf("@");
      const [name, which] = at < 0 ? [reference, "latest"] : [reference.slice(0, at), reference.slice(at + 1)];
      const dataset = await find(name);
      const where = whichVersion(which);
      const row =
        where === undefined
          ? null
          : await db.datasetVersion.findFirst({
              where: { datasetId: dataset.id, ...where },
              select: VERSION,
              orderBy: { number: "desc" },
            });
      if (row !== null) return { dataset, version: versionOf(row) };
      throw new DatabaseError(
        "not-found",
        dataset.latest === null ? `${name} has no examples yet.` : `${name} has no version ${which}.`,
        {
          hint:
            dataset.latest === null
              ? "Import a file into it first."
              : `Its versions are 1 to ${dataset.latest.number}; ${name}@latest is the newest.`,
        },
      );
    },
    page: async (versionId, query) => readPage(db, place(await version(versionId)), query),
    async count(versionId, filter) {
      const { datasetId, number } = await version(versionId);
      const [row] = await db.$queryRaw<{ count: bigint }[]>`
        SELECT count(*) FROM example WHERE ${aliveAt(organizationId, datasetId, number)} ${matching(filter)}`;
      return Number(row?.count ?? 0);
    },
    async *stream(versionId, filter = {}) {
      const where = place(await version(versionId));
      let after: number | null = 0;
      while (after !== null) {
        const { examples, next } = await readPage(db, where, { ...filter, after, limit: 1000 });
        yield* examples;
        after = next;
      }
    },
    async *sketches(datasetId) {
      const { latest } = await find(datasetId);
      if (latest === null) return;
      let after = 0;
      for (;;) {
        const rows = await db.$queryRaw<{ position: number; sketch: number[]; split: SplitName | null }[]>`
          SELECT position, sketch, split FROM example
           WHERE ${aliveAt(organizationId, latest.datasetId, latest.number)} AND position > ${after}
           ORDER BY position LIMIT 10000`;
        yield* rows;
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.position;
      }
    },
    async splitsNear(datasetId, sketch, except) {
      const { latest } = await find(datasetId);
      if (latest === null) return [];
      const rows = await db.$queryRaw<{ split: SplitName }[]>`
        SELECT DISTINCT split FROM example
         WHERE ${aliveAt(organizationId, latest.datasetId, latest.number)} AND split IS NOT NULL
           AND sketch && ${[...sketch]}::int[] AND NOT position = ANY(${[...except]}::int[])`;
      return rows.map(({ split }) => split);
    },
    async diff(datasetId, from, to, query) {
      const { id } = await find(datasetId);
      return readDiff(db, { organizationId, datasetId: id, from, to }, query);
    },
    async diffCounts(datasetId, from, to) {
      const { id } = await find(datasetId);
      return countDiff(db, { organizationId, datasetId: id, from, to });
    },
    async history(datasetId, position) {
      const { id } = await find(datasetId);
      const rows = await db.$queryRaw<ExampleRow[]>`
        SELECT ${columns} FROM example
         WHERE organization_id = ${organizationId}::uuid AND dataset_id = ${id}::uuid AND position = ${position}
         ORDER BY since DESC LIMIT 200`;
      const numbers = rows.flatMap(({ since, until }) => (until === null ? [since] : [since, until]));
      const versions = await db.datasetVersion.findMany({
        where: { datasetId: id, number: { in: numbers } },
        select: VERSION,
      });
      const byNumber = new Map(versions.map((row) => [row.number, versionOf(row)]));
      return rows.flatMap((row) => {
        const brought = byNumber.get(row.since);
        if (brought === undefined) return [];
        return [{ example: exampleOf(row), brought, gone: byNumber.get(row.until ?? 0) ?? null }];
      });
    },
    append: async (datasetId, rows, publishing) =>
      published(datasetId, await appendExamples(db, { organizationId, datasetId }, rows, publishing)),
    replace: async (datasetId, rows, publishing) =>
      published(datasetId, await replaceExamples(db, { organizationId, datasetId }, rows, publishing)),
    edit: async (datasetId, edits, publishing) =>
      published(datasetId, await editExamples(db, { organizationId, datasetId }, edits, publishing)),
  };
}

function whichVersion(which: string): { number?: number; digest?: { startsWith: string } } | undefined {
  if (which === "latest") return {};
  if (/^[1-9]\d{0,8}$/.test(which)) return { number: Number(which) };
  const digest = /^sha256:([0-9a-f]{8,64})$/.exec(which)?.[1];
  return digest === undefined ? undefined : { digest: { startsWith: digest } };
}
