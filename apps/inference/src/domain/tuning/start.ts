import type { OrganizationScope, TuningRunInfo } from "@tugboat/db";
import type { Example, RunConfig } from "@tugboat/tuning";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { tuningKind } from "../../jobs/kinds/tuning-run-input.ts";

export interface StartRun {
  readonly name: string;
  readonly model: string;
  readonly minutes: number;
  readonly config: RunConfig;
  readonly examples: readonly Example[];
  /** As the audit log names actors. */
  readonly actor: string;
}

/** Keeps a run and queues its job, in the transaction of the scope. */
export async function startRun(
  scope: OrganizationScope,
  { actor, config, examples, minutes, model, name }: StartRun,
): Promise<{ run: TuningRunInfo; job: string }> {
  const run = await scope.tuningRuns.create({
    name: slugOf(name),
    model,
    minutes,
    config,
    samples: examples.map(({ input, output, rejected }) => ({
      input,
      output,
      ...(rejected !== undefined && { rejected }),
    })),
    createdBy: actor,
  });
  const { job } = await enqueueJob(scope, tuningKind, { run: run.id, actor }, { createdBy: actor, subject: run.name });
  await scope.tuningRuns.assign(run.id, job.id);
  return { run: { ...run, jobId: job.id }, job: job.id };
}

/** What the audit log keeps of a run. */
export function recordedRun(
  { minutes, model, name }: Pick<TuningRunInfo, "minutes" | "model" | "name">,
  examples: number,
) {
  return { name, model, minutes, examples };
}

/** A file's or a person's name as a part of a model's name. */
export function slugOf(name: string): string {
  const slug = name
    .replace(/\.[a-z]{2,5}$/i, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60);
  return slug === "" ? "tuned" : slug;
}
