import { z } from "zod";
import type { Job } from "../generated/client.ts";
import type { JobState } from "./transitions.ts";

/** How far a job is. Null is unknown. */
export const jobProgress = z.object({
  /** What it does now, in a person's words: `reading the file`. */
  stage: z.string(),
  done: z.number().nullable(),
  /** In the same unit as `done`. */
  total: z.number().nullable(),
  etaMs: z.number().nullable(),
  message: z.string().nullable(),
});
export type JobProgress = Readonly<z.output<typeof jobProgress>>;

/** A job as it is shown. `input` and `result` have the shapes that its kind declares. */
export interface JobInfo {
  readonly id: string;
  readonly kind: string;
  /** What it is about, such as a model's name. */
  readonly subject: string | null;
  readonly state: JobState;
  /** The lower goes first. */
  readonly priority: number;
  readonly input: unknown;
  readonly progress: JobProgress | null;
  readonly result: unknown;
  /** Why it failed, or why it is tried again. */
  readonly error: string | null;
  /** What to do about it. */
  readonly hint: string | null;
  /** Runs begun. */
  readonly attempts: number;
  /** Runs that ended with an error, and how many may. */
  readonly failures: number;
  readonly maxFailures: number;
  /** A member's id, `key:<id>` or `system`. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Not before. */
  readonly runAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export function jobInfo({ progress, ...row }: Job): JobInfo {
  const { organizationId: _, checkpoint: __, fence: ___, dedupeKey, activeKey, deliveredAt, leaseUntil, ...rest } = row;
  const { losses, ...info } = rest;
  return { ...info, progress: jobProgress.nullable().catch(null).parse(progress) };
}
