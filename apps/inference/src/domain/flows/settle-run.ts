import type { FlowRunInfo, OrganizationScope } from "@tugboat/db";

/** A run whose job was ended elsewhere, in the list of jobs or after its last try, is over too. */
export async function settledRun(
  scope: Pick<OrganizationScope, "flowRuns" | "jobs">,
  run: FlowRunInfo,
): Promise<FlowRunInfo> {
  if ((run.state !== "queued" && run.state !== "running") || run.jobId === null) return run;
  const job = await scope.jobs.get(run.jobId);
  if (job.state !== "failed" && job.state !== "cancelled") return run;
  const message = job.error ?? "The job was ended.";
  const error = { code: "step-failed", message, hint: job.hint ?? "Start another run.", step: null };
  await scope.flowRuns.move(run.id, job.state, { error });
  return scope.flowRuns.get(run.id);
}
