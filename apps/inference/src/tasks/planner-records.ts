import type { PlannerRecordInfo } from "@tugboat/db";
import type { Candidate } from "../domain/planner/candidates.ts";
import { answers } from "../domain/planner/compounds.ts";
import type { Results } from "../domain/planner/race.ts";
import type { PlanReport } from "../domain/planner/report.ts";

/** Fewer answers say nothing of a way. */
const fewest = 3;

/** What was expected of each candidate and what came: the next planning knows better. */
export function recordsOf(
  taskId: string,
  shape: string,
  { entries }: PlanReport,
  {
    candidates,
    heldOut,
    results,
  }: { readonly candidates: readonly Candidate[]; readonly results: Results; readonly heldOut: readonly string[] },
): PlannerRecordInfo[] {
  return entries.flatMap(({ figures, key, spec }): PlannerRecordInfo[] => {
    const candidate = spec.kind === "single" ? candidates.find((one) => one.key === key) : undefined;
    const measured = candidate && answers(results, candidate.key, heldOut);
    if (candidate === undefined || measured === undefined || measured.length < fewest) return [];
    const { guessedMs, microUsd, ms, score } = candidate.predicted;
    return [
      {
        taskId,
        shape,
        model: candidate.step.model,
        family: candidate.step.kind,
        shots: candidate.step.kind === "prompt" ? candidate.step.shots : 0,
        examples: measured.length,
        guessedMs,
        predictedMs: ms,
        measuredMs: figures.latencyP50Ms,
        predictedScore: score,
        measuredScore: figures.score,
        predictedMicroUsd: microUsd,
        measuredMicroUsd: figures.costPer1kUsd * 1000,
      },
    ];
  });
}
