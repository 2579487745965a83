import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";

/** JSON as columns take it; its shape is the evaluation domain's. */
export type EvaluationJson = Prisma.InputJsonValue;

/** As lists show it. `config` and `summary` have the shapes of the evaluation domain. */
export interface EvaluationInfo {
  readonly id: string;
  readonly name: string;
  readonly datasetId: string;
  readonly datasetVersionId: string;
  /** `name@3` */
  readonly datasetName: string;
  readonly config: unknown;
  readonly total: number;
  readonly done: number;
  readonly stage: string;
  readonly summary: unknown;
  readonly costPicoUsd: bigint;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface NewEvaluation {
  readonly name: string;
  readonly datasetId: string;
  readonly datasetVersionId: string;
  readonly datasetName: string;
  readonly config: EvaluationJson;
  readonly total: number;
  readonly createdBy: string;
}

/** One example with what every candidate got; lists run over candidates, `scores` over candidates and then evaluators. */
export interface EvaluationRowInfo {
  readonly position: number;
  readonly exampleId: string;
  readonly preview: string;
  readonly slices: readonly string[];
  readonly outputs: readonly string[];
  readonly failed: readonly boolean[];
  /** NaN where there is none. */
  readonly scores: readonly number[];
  readonly latencyMs: readonly number[];
  readonly costMicroUsd: readonly number[];
  readonly disagreement: number;
}

/** By an evaluator, numbered as the scores are. `over` null: the candidate failed or scored below a half. */
export interface RowOutcome {
  readonly evaluator: number;
  readonly evaluators: number;
  readonly candidate: number;
  readonly over: number | null;
}

/** What a page of the side-by-side list is asked for. */
export interface RowQuery {
  readonly slice?: string | undefined;
  readonly text?: string | undefined;
  /** Those on which one candidate did badly, or did better than another. */
  readonly outcome?: RowOutcome | undefined;
  readonly order: "disagreement" | "position";
  readonly offset: number;
  readonly limit: number;
}

export interface Evaluations {
  /** The newest first, at most 200. */
  list(filter?: { readonly datasetId?: string | undefined }): Promise<EvaluationInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<EvaluationInfo>;
  create(evaluation: NewEvaluation): Promise<EvaluationInfo>;
  /** Says which job does the work. */
  assign(id: string, jobId: string): Promise<void>;
  note(id: string, stage: string): Promise<void>;
  /** Keeps finished examples and what they cost; those that are there already stay. */
  addRows(id: string, rows: readonly EvaluationRowInfo[], costPicoUsd: bigint): Promise<void>;
  finish(id: string, stage: "done" | "stopped-early", summary: EvaluationJson): Promise<void>;
  remove(id: string): Promise<void>;
  /** All of them in the order of their positions. */
  rows(id: string): Promise<EvaluationRowInfo[]>;
  /** @throws DatabaseError `not-found` */
  row(id: string, position: number): Promise<EvaluationRowInfo>;
  page(id: string, query: RowQuery): Promise<{ rows: EvaluationRowInfo[]; total: number }>;
}

/** Stands for NaN, which JSON can't carry to the database. */
const noScore = -1e300;

export function evaluationsOf(db: Db, organizationId: string): Evaluations {
  const one = async (id: string) => {
    const row = isId(id) ? await db.evaluation.findFirst({ where: { organizationId, id } }) : null;
    if (row === null) {
      throw new DatabaseError("not-found", `There is no evaluation ${id}.`, {
        hint: "The list of evaluations shows them.",
      });
    }
    return row;
  };
  const rowsWhere = (evaluationId: string) => ({ organizationId, evaluationId });
  return {
    list: ({ datasetId } = {}) =>
      db.evaluation.findMany({
        where: { organizationId, ...(datasetId !== undefined && { datasetId }) },
        orderBy: { id: "desc" },
        take: 200,
      }),
    get: one,
    create: (evaluation) => db.evaluation.create({ data: { organizationId, ...evaluation } }),
    async assign(id, jobId) {
      await db.evaluation.updateMany({ where: { organizationId, id }, data: { jobId } });
    },
    async note(id, stage) {
      await db.evaluation.updateMany({ where: { organizationId, id }, data: { stage } });
    },
    async addRows(id, rows, costPicoUsd) {
      const { count } = await db.evaluationRow.createMany({
        data: rows.map((row) => ({
          ...row,
          organizationId,
          evaluationId: id,
          slices: [...row.slices],
          outputs: [...row.outputs],
          failed: [...row.failed],
          scores: row.scores.map((one) => (Number.isNaN(one) ? noScore : one)),
          latencyMs: [...row.latencyMs],
          costMicroUsd: [...row.costMicroUsd],
        })),
        skipDuplicates: true,
      });
      await db.evaluation.updateMany({
        where: { organizationId, id },
        data: { done: { increment: count }, costPicoUsd: { increment: costPicoUsd } },
      });
    },
    async finish(id, stage, summary) {
      await db.evaluation.updateMany({
        where: { organizationId, id },
        data: { stage, summary, finishedAt: new Date() },
      });
    },
    async remove(id) {
      await one(id);
      await db.reviewQueue.deleteMany({ where: { organizationId, evaluationId: id } });
      await db.evaluation.deleteMany({ where: { organizationId, id } });
    },
    async rows(id) {
      const rows = await db.evaluationRow.findMany({ where: rowsWhere(id), orderBy: { position: "asc" } });
      return rows.map(infoOf);
    },
    async row(id, position) {
      const row = await db.evaluationRow.findFirst({ where: { ...rowsWhere(id), position } });
      if (row === null) throw new DatabaseError("not-found", `This evaluation has no example ${position}.`);
      return infoOf(row);
    },
    async page(id, query) {
      // Prisma has no word for one element of a column of arrays.
      const conditions = [
        Prisma.sql`organization_id = ${organizationId}::uuid`,
        Prisma.sql`evaluation_id = ${id}::uuid`,
        ...(query.slice === undefined ? [] : [Prisma.sql`${query.slice} = ANY(slices)`]),
        ...(query.text === undefined || query.text === ""
          ? []
          : [Prisma.sql`preview ILIKE ${`%${query.text.replace(/[%_\\]/g, "\\$&")}%`}`]),
        ...(query.outcome === undefined ? [] : [outcomeSql(query.outcome)]),
      ];
      const where = Prisma.join(conditions, " AND ");
      const order =
        query.order === "disagreement" ? Prisma.sql`disagreement DESC, position ASC` : Prisma.sql`position ASC`;
      const [found, counted] = await Promise.all([
        db.$queryRaw<{ position: number }[]>`
          SELECT position FROM evaluation_row WHERE ${where} ORDER BY ${order}
          LIMIT ${query.limit} OFFSET ${query.offset}`,
        db.$queryRaw<{ total: number }[]>`SELECT count(*)::int AS total FROM evaluation_row WHERE ${where}`,
      ]);
      const positions = found.map(({ position }) => position);
      const rows = await db.evaluationRow.findMany({ where: { ...rowsWhere(id), position: { in: positions } } });
      const at = new Map(rows.map((row) => [row.position, infoOf(row)]));
      return {
        rows: positions.flatMap((position) => at.get(position) ?? []),
        total: counted[0]?.total ?? 0,
      };
    },
  };
}

/** A failure counts as 0; where nothing could be judged, nobody did better or worse. Arrays begin at 1 in PostgreSQL. */
function outcomeSql({ candidate, evaluator, evaluators, over }: RowOutcome): Prisma.Sql {
  const score = (which: number) => Prisma.sql`scores[${which * evaluators + evaluator + 1}::int]`;
  const failed = (which: number) => Prisma.sql`failed[${which + 1}::int]`;
  const value = (which: number) => Prisma.sql`CASE WHEN ${failed(which)} THEN 0 ELSE ${score(which)} END`;
  const known = (which: number) => Prisma.sql`(${failed(which)} OR ${score(which)} > -1)`;
  if (over === null) return Prisma.sql`${known(candidate)} AND ${value(candidate)} < 0.5`;
  return Prisma.sql`${known(candidate)} AND ${known(over)} AND ${value(candidate)} > ${value(over)}`;
}

function infoOf<T extends { readonly scores: readonly number[] }>(row: T): T {
  return { ...row, scores: row.scores.map((one) => (one === noScore ? Number.NaN : one)) };
}
