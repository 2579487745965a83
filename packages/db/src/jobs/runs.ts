import { z } from "zod";
import { watchChannel } from "../channel.ts";
import { inTransaction } from "../client.ts";
import { Prisma, type PrismaClient } from "../generated/client.ts";
import { type OrganizationScope, organizationScope } from "../organization.ts";
import type { JobProgress } from "./info.ts";
import { type JobState, jobStates } from "./transitions.ts";

/** A job in the hands of one runner. Every write names the fence: who lost the job writes nothing. */
export interface JobRun {
  readonly id: string;
  readonly organizationId: string;
  readonly fence: number;
}

export interface ClaimedJob extends JobRun {
  readonly kind: string;
  readonly subject: string | null;
  readonly input: unknown;
  /** What the runs before have finished for good; null when there is nothing. */
  readonly checkpoint: unknown;
  /** Counts runs, from 1. */
  readonly attempt: number;
  readonly failures: number;
  readonly maxFailures: number;
}

/** A queued job that the queue has yet to be told of. */
export interface Undelivered {
  readonly id: string;
  readonly kind: string;
  readonly fence: number;
  readonly priority: number;
  /** Milliseconds until it may run. */
  readonly delayMs: number;
}

export interface JobChange {
  readonly id: string;
  readonly organizationId: string;
  readonly kind: string;
  readonly state: JobState;
  readonly fence: number;
}

export interface JobWatcher {
  readonly onChange: (change: JobChange) => void;
  /** Whether every change is told. After a pause some may have been missed. */
  readonly onListening: (listening: boolean) => void;
}

export interface JobsAtWork {
  readonly kind: string;
  readonly state: "queued" | "running";
  readonly count: number;
  /** How long the oldest has been in the table. */
  readonly oldestSeconds: number;
}

/** How often a process may die over a job, without a checkpoint in between, before the job is given up. */
const MOST_LOSSES = 5;
/** A queued job that nobody has begun this long after it could have been is told to the queue again. */
const FORGOTTEN_AFTER = "30 seconds";

/** What delivers and runs jobs. Answers false or null when the job is no longer the caller's. */
export interface JobRuns {
  /** Makes a queued job the caller's, unless it has changed since it was delivered. */
  claim(id: string, fence: number, leaseMs: number): Promise<ClaimedJob | null>;
  /** Says that the runner lives; without it for `leaseMs` the job is somebody else's. */
  renew(run: JobRun, leaseMs: number): Promise<boolean>;
  progress(run: JobRun, progress: JobProgress): Promise<boolean>;
  /**
   * Changes the domain and sets the checkpoint, both or neither, and only while the job is the caller's.
   * @returns undefined when it is not; then nothing was changed
   */
  commit<T>(
    run: JobRun,
    work: (scope: OrganizationScope) => Promise<{ result: T; checkpoint?: unknown }>,
  ): Promise<{ result: T } | undefined>;
  finish(run: JobRun, result: unknown): Promise<boolean>;
  /** Ends a run with an error; with `retryInMs` the job is queued again. */
  fail(run: JobRun, error: { message: string; hint: string | null }, retryInMs: number | null): Promise<boolean>;
  /** Gives a job back that this process can't go on with. The run does not count. */
  release(run: JobRun): Promise<boolean>;
  /** Takes the jobs of dead runners: queued again with a growing pause, or failed after too many. @returns how many */
  recover(): Promise<number>;
  /** Queued jobs that the queue was not told of, or has forgotten. */
  undelivered(kinds: readonly string[], limit: number): Promise<Undelivered[]>;
  delivered(job: Pick<Undelivered, "id" | "fence">): Promise<void>;
  atWork(): Promise<JobsAtWork[]>;
  /** Tells of every change of a job's state or progress, until the database is closed. */
  watch(watcher: JobWatcher): void;
}

export function jobRuns(prisma: PrismaClient, watch: JobRuns["watch"]): JobRuns {
  const mine = ({ id, organizationId, fence }: JobRun) => ({ id, organizationId, fence, state: "running" as const });
  const now = () => new Date();
  const over = { leaseUntil: null, fence: { increment: 1 } };

  return {
    async claim(id, fence, leaseMs) {
      const rows = await prisma.$queryRaw<unknown[]>`
        UPDATE job
           SET state = 'running', fence = fence + 1, attempts = attempts + 1, updated_at = now(), progress = NULL,
               started_at = coalesce(started_at, now()), lease_until = now() + ${leaseMs} * interval '1 millisecond'
         WHERE id = ${id}::uuid AND state = 'queued' AND fence = ${fence}
        RETURNING id, organization_id AS "organizationId", fence, kind, subject, input, checkpoint,
                  attempts AS attempt, failures, max_failures AS "maxFailures"`;
      return claimed.optional().parse(rows[0]) ?? null;
    },

    async renew({ id, fence }, leaseMs) {
      const count = await prisma.$executeRaw`
        UPDATE job SET lease_until = now() + ${leaseMs} * interval '1 millisecond'
         WHERE id = ${id}::uuid AND fence = ${fence} AND state = 'running'`;
      return count === 1;
    },

    async progress(run, progress) {
      const { count } = await prisma.job.updateMany({ where: mine(run), data: { progress, updatedAt: now() } });
      return count === 1;
    },

    commit: (run, work) =>
      inTransaction(prisma, async (tx) => {
        // The lock keeps cancellations and takeovers out until this is committed.
        const held = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM job WHERE id = ${run.id}::uuid AND fence = ${run.fence} AND state = 'running' FOR UPDATE`;
        if (held.length === 0) return undefined;
        const { result, checkpoint } = await work(organizationScope(tx, run.organizationId));
        if (checkpoint !== undefined) {
          await tx.job.updateMany({ where: mine(run), data: { checkpoint: stored(checkpoint), losses: 0 } });
        }
        return { result };
      }),

    async finish(run, result) {
      const data = { ...over, state: "done" as const, result: stored(result), error: null, hint: null };
      const { count } = await prisma.job.updateMany({
        where: mine(run),
        data: { ...data, finishedAt: now(), updatedAt: now() },
      });
      return count === 1;
    },

    async fail(run, { hint, message }, retryInMs) {
      const next =
        retryInMs === null
          ? { state: "failed" as const, finishedAt: now() }
          : { state: "queued" as const, deliveredAt: null, runAt: new Date(Date.now() + retryInMs) };
      const { count } = await prisma.job.updateMany({
        where: mine(run),
        data: { ...over, ...next, error: message, hint, failures: { increment: 1 }, updatedAt: now() },
      });
      return count === 1;
    },

    async release(run) {
      const again = { state: "queued" as const, deliveredAt: null, runAt: now(), attempts: { decrement: 1 } };
      const { count } = await prisma.job.updateMany({
        where: mine(run),
        data: { ...over, ...again, updatedAt: now() },
      });
      return count === 1;
    },

    async recover() {
      return prisma.$executeRaw`
        UPDATE job
           SET state = (CASE WHEN losses + 1 >= ${MOST_LOSSES} THEN 'failed' ELSE 'queued' END)::job_state,
               losses = losses + 1, fence = fence + 1, lease_until = NULL, delivered_at = NULL, updated_at = now(),
               run_at = now() + least(power(2, losses) - 1, 60) * interval '1 second',
               finished_at = CASE WHEN losses + 1 >= ${MOST_LOSSES} THEN now() END,
               error = 'The process that worked on this ended.',
               hint = CASE WHEN losses + 1 >= ${MOST_LOSSES}
                           THEN 'It did so ' || (losses + 1) || ' times. Look into the service''s log, then try again.' END
         WHERE state = 'running' AND lease_until < now()`;
    },

    async undelivered(kinds, limit) {
      const rows = await prisma.$queryRaw<unknown[]>`
        SELECT id, kind, fence, priority,
               greatest(0, extract(epoch FROM run_at - now()) * 1000)::float8 AS "delayMs"
          FROM job
         WHERE state = 'queued' AND kind = ANY(${[...kinds]})
           AND (delivered_at IS NULL OR greatest(run_at, delivered_at) < now() - ${FORGOTTEN_AFTER}::interval)
         ORDER BY priority, run_at LIMIT ${limit}`;
      return z.array(undelivered).parse(rows);
    },

    async delivered({ id, fence }) {
      await prisma.$executeRaw`
        UPDATE job SET delivered_at = now() WHERE id = ${id}::uuid AND fence = ${fence} AND state = 'queued'`;
    },

    async atWork() {
      const rows = await prisma.$queryRaw<unknown[]>`
        SELECT kind, state::text, count(*)::int4 AS count,
               extract(epoch FROM now() - min(created_at))::float8 AS "oldestSeconds"
          FROM job WHERE state IN ('queued', 'running') GROUP BY kind, state`;
      return z.array(atWork).parse(rows);
    },

    watch,
  };
}

const claimed = z.object({
  id: z.string(),
  organizationId: z.string(),
  fence: z.number(),
  kind: z.string(),
  subject: z.string().nullable(),
  input: z.unknown(),
  checkpoint: z.unknown(),
  attempt: z.number(),
  failures: z.number(),
  maxFailures: z.number(),
});
const undelivered = z.object({
  id: z.string(),
  kind: z.string(),
  fence: z.number(),
  priority: z.number(),
  delayMs: z.number(),
});
const atWork = z.object({
  kind: z.string(),
  state: z.enum(["queued", "running"]),
  count: z.number(),
  oldestSeconds: z.number(),
});

const json = z.json();

/** A value that JSON can hold, as the database takes it; undefined is null. */
function stored(value: unknown) {
  return json.parse(value ?? null) ?? Prisma.JsonNull;
}

const told = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "not JSON" });
      return z.NEVER;
    }
  })
  .pipe(
    z.object({
      id: z.string(),
      organizationId: z.string(),
      kind: z.string(),
      state: z.enum(jobStates),
      fence: z.number(),
    }),
  );

/** @returns stops it */
export function watchJobs(url: string, { onChange, onListening }: JobWatcher): () => Promise<void> {
  return watchChannel(url, "tugboat_jobs", {
    onChange: (payload) => {
      const change = told.safeParse(payload);
      if (change.success) onChange(change.data);
      // Somebody else spoke on the channel: what they mean is unknown, so everything is looked at again.
      else onListening(true);
    },
    onListening,
  });
}
