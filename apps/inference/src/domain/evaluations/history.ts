import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { evaluationConfig } from "./config.ts";
import { evaluationSummary } from "./summary.ts";

const interval = { score: z.number(), low: z.number(), high: z.number() };

export const historyEntry = z.object({
  evaluation: z.string(),
  at: z.iso.datetime(),
  /** `name@3` */
  dataset: z.string(),
  candidates: z.array(
    z.object({
      name: z.string(),
      /** `name@3`, where a prompt's label was compared. */
      version: z.string().nullable(),
      ...interval,
      /** Its interval lies below that of the same candidate the time before. */
      fell: z.boolean(),
    }),
  ),
});
export type HistoryEntry = z.output<typeof historyEntry>;

const mostShown = 30;

/** How candidates did over time: earlier evaluations on the same dataset by the same deciding evaluator, the newest first. */
export async function historyOf(scope: OrganizationScope, evaluation: string): Promise<HistoryEntry[]> {
  const own = await scope.evaluations.get(evaluation);
  const [decides] = evaluationConfig.parse(own.config).evaluators;
  const all = (await scope.evaluations.list({ datasetId: own.datasetId })).toReversed();
  const before = new Map<string, { low: number }>();
  const entries = all.flatMap((one): HistoryEntry[] => {
    const config = evaluationConfig.parse(one.config);
    const summary = evaluationSummary.nullable().parse(one.summary);
    if (summary === null || config.evaluators[0]?.name !== decides?.name) return [];
    const candidates = summary.candidates.map(({ name, scores }, i) => {
      const { high = 1, low = 0, score = 0 } = scores[0] ?? {};
      const fell = high < (before.get(name)?.low ?? 0);
      before.set(name, { low });
      return { name, version: config.candidates[i]?.pinned ?? null, score, low, high, fell };
    });
    return [{ evaluation: one.id, at: one.createdAt.toISOString(), dataset: one.datasetName, candidates }];
  });
  return entries.toReversed().slice(0, mostShown);
}
