import type { OrganizationScope, TuningRunDetail } from "@tugboat/db";
import { runProgress } from "@tugboat/tuning";

/** Ends a run: with a report on the best so far where something was learnt, else with nothing. @returns which of both */
export async function stopRun(scope: OrganizationScope, run: TuningRunDetail): Promise<boolean> {
  const progress = runProgress.nullable().parse(run.progress);
  const keeps = progress?.trials.some(({ rungs }) => rungs.length > 0) ?? false;
  if (keeps) await scope.tuningRuns.askToStop(run.id);
  else if (run.jobId !== null) await scope.jobs.cancel(run.jobId);
  return keeps;
}
