import type { Db } from "../client.ts";
import type { Prisma } from "../generated/client.ts";

/** What a candidate said to an example. Keys are hexadecimal SHA-256. */
export interface EvaluationOutputInfo {
  readonly id: string;
  readonly candidate: string;
  readonly example: string;
  /** Null where it failed. */
  readonly text: string | null;
  readonly calls: unknown;
  readonly error: string | null;
  readonly finishReason: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly latencyMs: number;
  readonly costPicoUsd: bigint;
  /** The request's: of its trace. */
  readonly callId: string;
}

export interface NewEvaluationOutput extends Omit<EvaluationOutputInfo, "id" | "calls"> {
  readonly calls: Prisma.InputJsonValue | null;
}

export interface EvaluationScoreInfo {
  readonly outputId: string;
  readonly evaluator: string;
  readonly value: number | null;
  readonly reason: string | null;
  readonly costPicoUsd: bigint;
}

/** The outputs of every evaluation and their scores, by what they were made of. */
export interface EvaluationOutputs {
  find(candidate: string, example: string): Promise<EvaluationOutputInfo | undefined>;
  /** Keeps one; a failure that was kept before gives way. @returns the one that is kept */
  keep(output: NewEvaluationOutput): Promise<EvaluationOutputInfo>;
  byId(ids: readonly string[]): Promise<EvaluationOutputInfo[]>;
  scores(outputIds: readonly string[]): Promise<EvaluationScoreInfo[]>;
  keepScores(scores: readonly EvaluationScoreInfo[]): Promise<void>;
}

type Row = Prisma.EvaluationOutputGetPayload<Record<string, never>>;

export function evaluationOutputsOf(db: Db, organizationId: string): EvaluationOutputs {
  const where = (candidate: string, example: string) => ({
    organizationId_candidate_example: { organizationId, candidate: bytes(candidate), example: bytes(example) },
  });
  return {
    async find(candidate, example) {
      const row = await db.evaluationOutput.findUnique({ where: where(candidate, example) });
      return row === null ? undefined : infoOf(row);
    },
    async keep({ calls, candidate, example, ...rest }) {
      const data = { ...rest, calls: calls ?? undefined };
      const row = await db.evaluationOutput.upsert({
        where: where(candidate, example),
        create: { organizationId, candidate: bytes(candidate), example: bytes(example), ...data },
        update: data,
      });
      return infoOf(row);
    },
    async byId(ids) {
      const rows = await db.evaluationOutput.findMany({ where: { organizationId, id: { in: [...ids] } } });
      return rows.map(infoOf);
    },
    async scores(outputIds) {
      const rows = await db.evaluationScore.findMany({ where: { organizationId, outputId: { in: [...outputIds] } } });
      return rows.map(({ costPicoUsd, evaluator, outputId, reason, value }) => ({
        outputId,
        evaluator: Buffer.from(evaluator).toString("hex"),
        value,
        reason,
        costPicoUsd,
      }));
    },
    async keepScores(scores) {
      await db.evaluationScore.createMany({
        data: scores.map((score) => ({ ...score, organizationId, evaluator: bytes(score.evaluator) })),
        skipDuplicates: true,
      });
    },
  };
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function infoOf({ candidate, example, organizationId: _, createdAt: __, ...row }: Row): EvaluationOutputInfo {
  return {
    ...row,
    candidate: Buffer.from(candidate).toString("hex"),
    example: Buffer.from(example).toString("hex"),
  };
}
