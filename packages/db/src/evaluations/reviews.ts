import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";
import type { EvaluationJson } from "./evaluations.ts";

/** `config` and `items` have the shapes of the evaluation domain. */
export interface ReviewQueueInfo {
  readonly id: string;
  readonly evaluationId: string;
  readonly name: string;
  readonly kind: string;
  readonly config: unknown;
  readonly items: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface ReviewInfo {
  readonly id: string;
  readonly queueId: string;
  /** The item's number in the queue. */
  readonly item: number;
  readonly reviewer: string;
  readonly rating: number | null;
  readonly label: string | null;
  readonly preferred: string | null;
  readonly correction: string | null;
  readonly comment: string | null;
  readonly seconds: number;
  readonly createdAt: Date;
}

export type NewReview = Omit<ReviewInfo, "id" | "createdAt">;

export interface Reviews {
  /** The newest first. */
  queues(filter?: { readonly evaluationId?: string | undefined }): Promise<ReviewQueueInfo[]>;
  /** @throws DatabaseError `not-found` */
  queue(id: string): Promise<ReviewQueueInfo>;
  createQueue(queue: {
    readonly evaluationId: string;
    readonly name: string;
    readonly kind: string;
    readonly config: EvaluationJson;
    readonly items: EvaluationJson;
    readonly createdBy: string;
  }): Promise<ReviewQueueInfo>;
  /** With its reviews. @throws DatabaseError `not-found` */
  removeQueue(id: string): Promise<void>;
  /** In the order in which they were made. */
  of(queueId: string): Promise<ReviewInfo[]>;
  /** How many each queue has. */
  counts(queueIds: readonly string[]): Promise<Map<string, number>>;
  /** Keeps a person's judgement of an item; the one they made before gives way. */
  keep(review: NewReview): Promise<ReviewInfo>;
  /** Takes it back. */
  takeBack(queueId: string, item: number, reviewer: string): Promise<void>;
}

export function reviewsOf(db: Db, organizationId: string): Reviews {
  const queue = async (id: string) => {
    const row = isId(id) ? await db.reviewQueue.findFirst({ where: { organizationId, id } }) : null;
    if (row === null) {
      throw new DatabaseError("not-found", `There is no review queue ${id}.`, { hint: "The page Reviews shows them." });
    }
    return row;
  };
  return {
    queues: ({ evaluationId } = {}) =>
      db.reviewQueue.findMany({
        where: { organizationId, ...(evaluationId !== undefined && { evaluationId }) },
        orderBy: { id: "desc" },
        take: 200,
      }),
    queue,
    createQueue: (data) => db.reviewQueue.create({ data: { organizationId, ...data } }),
    async removeQueue(id) {
      await queue(id);
      await db.reviewQueue.deleteMany({ where: { organizationId, id } });
    },
    of: (queueId) => db.review.findMany({ where: { organizationId, queueId }, orderBy: { id: "asc" } }),
    async counts(queueIds) {
      const rows = await db.review.groupBy({
        by: ["queueId"],
        where: { organizationId, queueId: { in: [...queueIds] } },
        _count: true,
      });
      return new Map(rows.map(({ _count, queueId }) => [queueId, _count]));
    },
    keep({ item, queueId, reviewer, ...said }) {
      return db.review.upsert({
        where: { queueId_item_reviewer: { queueId, item, reviewer }, organizationId },
        create: { organizationId, queueId, item, reviewer, ...said },
        update: said,
      });
    },
    async takeBack(queueId, item, reviewer) {
      await db.review.deleteMany({ where: { organizationId, queueId, item, reviewer } });
    },
  };
}
