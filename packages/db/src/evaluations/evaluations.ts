import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import type { Prisma } from "../generated/client.ts";
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

/** What a page of the side-by-side list is asked for. */
export interface RowQuery {
  readonly slice?: string | undefined;
  readonly text?: string | undefined;
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
  const rowsWhere = (evaluationId: string, { slice, text }: Partial<RowQuery> = {}) => ({
    organizationId,
    evaluationId,
    ...(slice !== undefined && { slices: { has: slice } }),
    ...(text !== undefined && text !== "" && { preview: { contains: text, mode: "insensitive" as const } }),
  });
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
      const where = rowsWhere(id, query);
      const [rows, total] = await Promise.all([
        db.evaluationRow.findMany({
          where,
          orderBy:
            query.order === "disagreement" ? [{ disagreement: "desc" }, { position: "asc" }] : [{ position: "asc" }],
          skip: query.offset,
          take: query.limit,
        }),
        db.evaluationRow.count({ where }),
      ]);
      return { rows: rows.map(infoOf), total };
    },
  };
}

function infoOf<T extends { readonly scores: readonly number[] }>(row: T): T {
  return { ...row, scores: row.scores.map((one) => (one === noScore ? Number.NaN : one)) };
}
