import type { Db } from "./client.ts";
import type { Batch, Prisma } from "./generated/client.ts";

/** Which state follows which; no other move is made. */
const before = {
  in_progress: ["validating"],
  cancelling: ["validating", "in_progress"],
  failed: ["validating", "in_progress", "cancelling"],
  completed: ["in_progress"],
  expired: ["in_progress"],
  cancelled: ["cancelling"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type BatchMove = keyof typeof before;
export type BatchInfo = Omit<Batch, "organizationId">;
export type NewBatch = Pick<
  BatchInfo,
  "apiKeyId" | "createdAt" | "endpoint" | "expiresAt" | "id" | "inputFileId" | "metadata"
>;
export type BatchChange = Partial<
  Pick<BatchInfo, "completed" | "errorFileId" | "errors" | "failed" | "jobId" | "outputFileId" | "total">
>;

/** Batches of `/v1/batches`. */
export interface Batches {
  create(batch: NewBatch): Promise<BatchInfo>;
  find(id: string): Promise<BatchInfo | null>;
  /** The newest first. */
  list(query: { readonly after?: string | undefined; readonly limit: number }): Promise<BatchInfo[]>;
  /** @returns the batch as it is then, or null when it is gone */
  update(id: string, change: BatchChange): Promise<BatchInfo | null>;
  /** @returns whether it could be made: another state may have come first */
  move(id: string, to: BatchMove, change?: BatchChange): Promise<boolean>;
}

const OMIT = { organizationId: true } as const;

const times = {
  in_progress: "inProgressAt",
  cancelling: "cancellingAt",
  failed: "failedAt",
  completed: "completedAt",
  expired: "expiredAt",
  cancelled: "cancelledAt",
} as const satisfies Record<BatchMove, keyof BatchInfo>;

export function batchesOf(db: Db, organizationId: string): Batches {
  const find = (id: string) => db.batch.findFirst({ where: { organizationId, id }, omit: OMIT });
  return {
    create: (batch) => db.batch.create({ data: { organizationId, status: "validating", ...batch }, omit: OMIT }),
    find,
    list: ({ after, limit }) =>
      db.batch.findMany({
        where: { organizationId },
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        ...(after !== undefined && { cursor: { organizationId_id: { organizationId, id: after } }, skip: 1 }),
        take: limit,
        omit: OMIT,
      }),
    update: async (id, change) => {
      await db.batch.updateMany({ where: { organizationId, id }, data: change });
      return find(id);
    },
    move: async (id, to, change = {}) => {
      const data: Prisma.BatchUpdateManyMutationInput = { ...change, status: to, [times[to]]: new Date() };
      const from = { in: [...before[to]] };
      return (await db.batch.updateMany({ where: { organizationId, id, status: from }, data })).count > 0;
    },
  };
}
