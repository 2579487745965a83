import { z } from "zod";
import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import { type JobInfo, jobInfo } from "./info.ts";
import { isOver, type JobState, statesBefore } from "./transitions.ts";

export interface NewJob {
  readonly kind: string;
  readonly subject?: string | undefined;
  /** JSON. */
  readonly input: unknown;
  /** Runs that may end with an error before it is given up. */
  readonly maxFailures: number;
  /** The lower goes first; the default is 10. */
  readonly priority?: number | undefined;
  readonly runAt?: Date | undefined;
  /** While a job of this kind with the same key is queued or running, no second one is made. */
  readonly dedupeKey?: string | undefined;
  /** A member's id, `key:<id>` or `system`. */
  readonly createdBy: string;
}

export interface JobQuery {
  readonly kind?: string | undefined;
  readonly states?: readonly JobState[] | undefined;
  readonly subject?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  /** The id of the last job of the page before. */
  readonly before?: string | undefined;
}

/** An organization's background work. */
export interface Jobs {
  /**
   * Puts work into the table, from which the queue takes it when the transaction around it commits: the work and the
   * change that wants it are both there or neither.
   * @returns the job that is at work already, when there is one with the same key
   */
  enqueue(job: NewJob): Promise<{ job: JobInfo; created: boolean }>;
  /** The newest first. */
  list(query?: JobQuery): Promise<JobInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<JobInfo>;
  /**
   * Ends a queued or running job. Whoever runs it is told, and can write no more.
   * @throws DatabaseError `not-found`; `conflict` when it is over
   */
  cancel(id: string): Promise<JobInfo>;
  /**
   * Queues a failed or cancelled job again; it goes on from its checkpoint.
   * @throws DatabaseError `not-found`; `conflict` when it is at work or done, or another with its key is at work
   */
  retry(id: string): Promise<JobInfo>;
}

const asInput = z.json();

const asNew = {
  deliveredAt: null,
  finishedAt: null,
  failures: 0,
  losses: 0,
  error: null,
  hint: null,
  progress: Prisma.DbNull,
} as const;

export function jobsOf(db: Db, organizationId: string): Jobs {
  const get = async (client: Db, id: string): Promise<JobInfo> => {
    const row = isId(id) && (await client.job.findFirst({ where: { id, organizationId } }));
    if (!row) throw new DatabaseError("not-found", `There is no job ${id}.`);
    return jobInfo(row);
  };
  const move = (
    id: string,
    from: readonly JobState[],
    to: JobState,
    data: Prisma.JobUpdateManyMutationInput,
    refusal: (job: JobInfo) => string,
  ) =>
    inTransaction(db, async (tx) => {
      const { count } = isId(id)
        ? await tx.job.updateMany({
            where: { id, organizationId, state: { in: [...from] } },
            data: { ...data, state: to, fence: { increment: 1 }, leaseUntil: null, updatedAt: new Date() },
          })
        : { count: 0 };
      const job = await get(tx, id);
      if (count === 0) throw new DatabaseError("conflict", refusal(job), { subject: id, hint: "Look at it again." });
      return job;
    });
  return {
    async enqueue({ dedupeKey, input, priority, runAt, subject, ...job }) {
      const data = {
        ...job,
        organizationId,
        input: asInput.parse(input) ?? Prisma.JsonNull,
        subject: subject ?? null,
        dedupeKey: dedupeKey ?? null,
        ...(priority !== undefined && { priority }),
        ...(runAt !== undefined && { runAt }),
      };
      for (;;) {
        const [made] = await db.job.createManyAndReturn({ data: [data], skipDuplicates: true });
        if (made !== undefined) return { job: jobInfo(made), created: true };
        const where = { organizationId, kind: job.kind, activeKey: dedupeKey ?? null };
        const known = await db.job.findFirst({ where });
        // Otherwise it ended in between, and there is room for this one.
        if (known !== null) return { job: jobInfo(known), created: false };
      }
    },

    async list({ kind, states, subject, ids, limit = 100, before } = {}) {
      const rows = await db.job.findMany({
        where: {
          organizationId,
          ...(kind !== undefined && { kind }),
          ...(states !== undefined && { state: { in: [...states] } }),
          ...(subject !== undefined && { subject }),
          AND: [
            ids === undefined ? {} : { id: { in: ids.filter(isId) } },
            before === undefined || !isId(before) ? {} : { id: { lt: before } },
          ],
        },
        orderBy: { id: "desc" },
        take: Math.min(limit, 1000),
      });
      return rows.map(jobInfo);
    },

    get: (id) => get(db, id),

    cancel: (id) =>
      move(
        id,
        statesBefore("cancelled"),
        "cancelled",
        { finishedAt: new Date() },
        ({ state }) => `This job is over: it is ${state}.`,
      ),

    async retry(id) {
      try {
        return await move(
          id,
          statesBefore("queued").filter(isOver),
          "queued",
          { ...asNew, runAt: new Date() },
          ({ state }) => `This job is ${state}; only a failed or cancelled one is retried.`,
        );
      } catch (error) {
        if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002")) throw error;
        throw new DatabaseError("conflict", "Another job for the same is at work already.", { subject: id });
      }
    },
  };
}
