import type { JobInfo, OrganizationScope } from "@tugboat/db";
import type { JobKind } from "./define.ts";

const priorities = { urgent: 1, normal: 10, background: 100 } as const;

export interface EnqueueOptions {
  /** A member's id, `key:<id>` or `system`. */
  readonly createdBy: string;
  /** What it is about, such as a model's name: people find it by this. */
  readonly subject?: string;
  /** While a job of this kind with the same key is queued or running, that one is given back and no second one made. */
  readonly dedupeKey?: string;
  /** How long to wait before it may run. */
  readonly delayMs?: number;
  /** Among jobs of the same kind; the default is `normal`. */
  readonly priority?: keyof typeof priorities;
}

/**
 * Queues background work. Given the scope of a transaction, the work is queued when that commits, and not at all when it
 * doesn't: `ctx.change(async (scope) => { …; await enqueueJob(scope, digestModel, …); … })`.
 *
 * @returns the job, and whether it is new
 * @throws ZodError when the input does not fit the kind
 */
export function enqueueJob<Input>(
  scope: Pick<OrganizationScope, "jobs">,
  { attempts, input: schema, kind }: Pick<JobKind<Input>, "attempts" | "input" | "kind">,
  input: Input,
  { createdBy, dedupeKey, delayMs, priority = "normal", subject }: EnqueueOptions,
): Promise<{ job: JobInfo; created: boolean }> {
  return scope.jobs.enqueue({
    kind,
    input: schema.parse(input),
    maxFailures: attempts,
    priority: priorities[priority],
    createdBy,
    ...(subject !== undefined && { subject }),
    ...(dedupeKey !== undefined && { dedupeKey }),
    ...(delayMs !== undefined && { runAt: new Date(Date.now() + delayMs) }),
  });
}
