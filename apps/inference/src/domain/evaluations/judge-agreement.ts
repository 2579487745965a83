import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { calibrate } from "../evaluators/calibration.ts";
import type { EvaluationConfig } from "./config.ts";
import { queueConfig, queueItems } from "./reviews.ts";

const interval = z.object({ score: z.number(), low: z.number(), high: z.number() });

export const evaluationCalibration = z.object({
  evaluator: z.string(),
  candidate: z.string(),
  /** Answers that people rated and the judge graded. */
  reviewed: z.int(),
  judged: z.int(),
  kappa: interval,
  words: z.string(),
  /** The score that people would give, with its honest interval. */
  corrected: interval,
  /** How many ratings by people alone would give an interval this narrow. */
  worth: z.number(),
});

/** Sets what judging models said beside what people said of the same answers, for each candidate. */
export async function calibrationsOf(
  scope: OrganizationScope,
  evaluation: string,
  { candidates, evaluators }: EvaluationConfig,
): Promise<z.output<typeof evaluationCalibration>[]> {
  const judges = evaluators.flatMap(({ name, spec }, index) => (spec.kind === "judge" ? [{ name, spec, index }] : []));
  if (judges.length === 0) return [];
  const queues = (await scope.reviews.queues({ evaluationId: evaluation })).filter(({ kind }) => kind === "rating");
  if (queues.length === 0) return [];
  /** By candidate and position, what people said on average, from 0 to 1. */
  const people = new Map<string, number[]>();
  for (const queue of queues) {
    const { highest } = queueConfig.parse(queue.config);
    const items = queueItems.parse(queue.items);
    for (const { item, rating } of await scope.reviews.of(queue.id)) {
      const shown = items[item];
      if (rating === null || shown === undefined) continue;
      const key = `${shown.a} ${shown.position}`;
      people.set(key, [...(people.get(key) ?? []), (rating - 1) / (highest - 1)]);
    }
  }
  const rows = await scope.evaluations.rows(evaluation);
  return judges.flatMap(({ index, name, spec }) =>
    candidates.flatMap((candidate, c) => {
      const reviewed: { person: number; judge: number }[] = [];
      const judged: number[] = [];
      for (const row of rows) {
        const judge = row.scores[c * evaluators.length + index] ?? Number.NaN;
        if (Number.isNaN(judge)) continue;
        const said = people.get(`${c} ${row.position}`);
        if (said === undefined) judged.push(judge);
        else reviewed.push({ person: said.reduce((sum, one) => sum + one, 0) / said.length, judge });
      }
      const found = calibrate(reviewed, judged, spec.scale.highest - spec.scale.lowest + 1);
      if (found === undefined) return [];
      const { corrected, kappa, words } = found;
      return [
        {
          evaluator: name,
          candidate: candidate.name,
          reviewed: reviewed.length,
          judged: judged.length,
          kappa,
          words,
          corrected,
          worth: corrected.worth,
        },
      ];
    }),
  );
}
