import { type JobInfo, type JobQuery, jobProgress, jobStates, type OrganizationScope, type People } from "@tugboat/db";
import { z } from "zod";
import type { JobChanges } from "../../../jobs/changes.ts";
import { id, moment, sent } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const job = z.object({
  id,
  /** Which work: `models.digest`. */
  kind: z.string(),
  /** What it is about, such as a model's name. */
  subject: z.string().nullable(),
  state: z.enum(jobStates),
  /** The lower goes first. */
  priority: z.int(),
  input: z.unknown(),
  progress: jobProgress.nullable(),
  result: z.unknown(),
  /** Why it failed, or why it is tried again; and what to do. */
  error: z.string().nullable(),
  hint: z.string().nullable(),
  /** Runs begun; runs that ended with an error, and how many may. */
  attempts: z.int(),
  failures: z.int(),
  maxFailures: z.int(),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
  updatedAt: moment,
  /** Not before. */
  runAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
});
type SentJob = z.output<typeof job>;

const kind = z.string().min(1).max(100);
const subject = z.string().min(1).max(200);

/** How many of the newest a watcher is told of when it begins. */
const NEWEST = 50;

export const jobsRouter = router({
  /** The newest first. */
  list: orgProcedure("jobs:read")
    .input(
      z
        .object({
          kind: kind.optional(),
          state: z.enum(jobStates).optional(),
          subject: subject.optional(),
          cursor: id.optional(),
          limit: z.int().min(1).max(200).optional(),
        })
        .optional(),
    )
    .output(z.object({ jobs: z.array(job), nextCursor: id.nullable() }))
    .query(async ({ ctx, input: { cursor, limit = 50, state, ...query } = {} }) => {
      const states = state === undefined ? {} : { states: [state] };
      const found = await ctx.scope.jobs.list({ ...query, ...states, limit: limit + 1, before: cursor });
      const page = found.slice(0, limit);
      return {
        jobs: await named(page, ctx.management.database.people),
        nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    }),

  get: orgProcedure("jobs:read")
    .input(z.object({ id }))
    .output(job)
    .query(async ({ ctx, input }) => one(await ctx.scope.jobs.get(input.id), ctx.management.database.people)),

  /** Ends a queued or running job. It is over at once; whoever works on it stops within a second. */
  cancel: orgProcedure("jobs:write")
    .input(z.object({ id }))
    .output(job)
    .mutation(async ({ ctx, input }) => {
      const cancelled = await ctx.change(async (scope) => {
        const before = await scope.jobs.get(input.id);
        const result = await scope.jobs.cancel(input.id);
        return { subject: result.id, before: recorded(before), after: recorded(result), result };
      });
      return one(cancelled, ctx.management.database.people);
    }),

  /** Queues a failed or cancelled job again; it goes on from what it had finished. */
  retry: orgProcedure("jobs:write")
    .input(z.object({ id }))
    .output(job)
    .mutation(async ({ ctx, input }) => {
      const queued = await ctx.change(async (scope) => {
        const before = await scope.jobs.get(input.id);
        const result = await scope.jobs.retry(input.id);
        return { subject: result.id, before: recorded(before), after: recorded(result), result };
      });
      return one(queued, ctx.management.database.people);
    }),

  /**
   * Tells of jobs as they change: first the newest, then whatever changed, whole. Of a job that changes quickly some
   * states are passed over, never the last.
   */
  watch: orgProcedure("jobs:read")
    .input(z.object({ id: id.optional(), kind: kind.optional(), subject: subject.optional() }).optional())
    .subscription(async function* ({ ctx, input, signal }) {
      const people = ctx.management.database.people;
      for await (const jobs of changedJobs(ctx.management.jobChanges, ctx.scope, input ?? {}, signal)) {
        yield { jobs: await named(jobs, people) };
      }
    }),
});

interface Watched extends Pick<JobQuery, "kind" | "subject"> {
  readonly id?: string | undefined;
}

async function* changedJobs(
  changes: JobChanges,
  scope: OrganizationScope,
  { id, ...query }: Watched,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobInfo[]> {
  const changed = new Set<string>();
  let everything = true;
  let wake = () => {};
  const unsubscribe = changes.subscribe({
    onChange: (change) => {
      if (change.organizationId !== scope.id || (id !== undefined && change.id !== id)) return;
      changed.add(change.id);
      wake();
    },
    onGap: () => {
      everything = true;
      wake();
    },
  });
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort);
  try {
    while (!signal?.aborted) {
      const ids = everything ? (id === undefined ? undefined : [id]) : [...changed];
      const first = everything;
      everything = false;
      changed.clear();
      const jobs = await scope.jobs.list({ ...query, ids, limit: ids === undefined ? NEWEST : ids.length });
      if (first || jobs.length > 0) yield jobs;
      if (!everything && changed.size === 0 && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    unsubscribe();
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What the audit log keeps of a job. */
function recorded({ kind, state, subject }: JobInfo) {
  return { kind, subject, state };
}

async function one(info: JobInfo, people: People): Promise<SentJob> {
  const [made] = await named([info], people);
  if (made === undefined) throw new Error("A job got lost while it was named.");
  return made;
}

async function named(jobs: readonly JobInfo[], people: People): Promise<SentJob[]> {
  const names = await people.names(userIds(jobs.map(({ createdBy }) => createdBy)));
  return jobs.map((info) => ({
    ...sent(info),
    createdByName: authorOf(info.createdBy, names),
  }));
}

function authorOf(actor: string, names: ReadonlyMap<string, string>): string {
  if (actor === "system") return "Tugboat";
  return names.get(actor) ?? (actor.startsWith("key:") ? "an API key" : actor);
}
