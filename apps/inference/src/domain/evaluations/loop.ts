import { DatabaseError, type OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { storedDocument } from "../tasks/document.ts";
import { evaluationConfig } from "./config.ts";
import { queueConfig, queueItems } from "./reviews.ts";

const stations = ["traces", "review", "dataset", "tune", "evaluate", "ship"] as const;

export const loopStation = z.object({
  station: z.enum(stations),
  /** How much waits there for a person. */
  waits: z.int(),
  /** What waits, or what is there. */
  says: z.string(),
  href: z.string(),
});
export type LoopStation = z.output<typeof loopStation>;

const dayMs = 86_400_000;
const mostTraces = 200;

/**
 * The way on which a task gets better, and what waits at each station: answers that people disliked, items that nobody has
 * judged, examples newer than the plan, runs under way, comparisons, proposals.
 * @throws DatabaseError `not-found`
 */
export async function loopOf(scope: OrganizationScope, name: string): Promise<LoopStation[]> {
  const task = await scope.tasks.get(name);
  const { document, examples: own } = await scope.tasks.version(task.id, task.version);
  const { examples } = storedDocument.parse(document);
  const found = await scope.datasets.resolve(examples.split("@")[0] ?? "").catch((error: unknown) => {
    // Examples may lie in a file beside the document.
    if (error instanceof DatabaseError && error.code === "not-found") return undefined;
    throw error;
  });
  const model = `task:${name}`;
  const to = new Date();
  const filter = { from: new Date(to.getTime() - 7 * dayMs), to, model, feedback: "bad" } as const;
  const disliked = (await scope.traces.list(filter, { limit: mostTraces })).length;
  const evaluations = (await scope.evaluations.list(found === undefined ? {} : { datasetId: found.dataset.id })).filter(
    (one) => found !== undefined || evaluationConfig.parse(one.config).candidates.some((each) => each.model === model),
  );
  const running = evaluations.filter(({ finishedAt }) => finishedAt === null).length;
  const queues = await unjudged(scope, new Set(evaluations.map(({ id }) => id)));
  const [planning] = await scope.taskPlannings.list({ taskId: task.id });
  const latest = await scope.taskPlannings.latest(task.id);
  const newer = found === undefined || latest === null ? 0 : await addedSince(scope, found, latest.report);
  const tuning = (await scope.tuningRuns.list()).filter(({ tunedModel }) => tunedModel === null);
  const proposals = (await scope.taskPlannings.list({ taskId: task.id, proposal: "open" })).length;
  const dataset = found?.dataset.name ?? "";
  return [
    {
      station: "traces",
      waits: disliked,
      says:
        disliked === 0
          ? "nothing disliked this week"
          : `${disliked}${disliked === mostTraces ? " or more" : ""} disliked this week`,
      href: `/traces?${new URLSearchParams({ range: "7d", model, ...(disliked > 0 && { feedback: "bad" }) })}`,
    },
    {
      station: "review",
      waits: queues.waiting,
      says: queues.waiting === 0 ? "nothing to judge" : `${queues.waiting} to judge`,
      href: queues.first === undefined ? "/reviews" : `/reviews/${queues.first}`,
    },
    {
      station: "dataset",
      waits: newer,
      says:
        newer > 0
          ? `${newer} since the plan`
          : `${found?.version.rows ?? (Array.isArray(own) ? own.length : 0)} examples`,
      href: dataset === "" ? "/datasets" : `/datasets/${encodeURIComponent(dataset)}`,
    },
    {
      station: "tune",
      waits: tuning.length,
      says: tuning.length === 0 ? "nothing in training" : `${tuning.length} in training`,
      href: tuning.length === 0 ? "/tuning/new" : "/tuning",
    },
    {
      station: "evaluate",
      waits: running,
      says:
        running > 0
          ? `${running} under way`
          : `${evaluations.length} ${evaluations.length === 1 ? "comparison" : "comparisons"}`,
      href:
        running > 0 || dataset === ""
          ? "/evaluations"
          : `/evaluations/new?${new URLSearchParams({ dataset, models: model })}`,
    },
    {
      station: "ship",
      waits: proposals,
      says:
        proposals > 0
          ? `${proposals} ${proposals === 1 ? "proposal" : "proposals"}`
          : task.release === null
            ? planning === undefined
              ? "not planned yet"
              : "not shipped yet"
            : "serving",
      href: `/tasks/${encodeURIComponent(name)}`,
    },
  ];
}

/** Items that fewer people have judged than should. */
async function unjudged(scope: OrganizationScope, evaluations: ReadonlySet<string>) {
  let waiting = 0;
  let first: string | undefined;
  for (const queue of (await scope.reviews.queues()).filter(({ evaluationId }) => evaluations.has(evaluationId))) {
    const { overlap } = queueConfig.parse(queue.config);
    const seen = new Map<number, number>();
    for (const { item } of await scope.reviews.of(queue.id)) seen.set(item, (seen.get(item) ?? 0) + 1);
    const left = queueItems.parse(queue.items).filter((_, item) => (seen.get(item) ?? 0) < overlap).length;
    if (left > 0) first ??= queue.id;
    waiting += left;
  }
  return { waiting, first };
}

const planned = z.looseObject({ examples: z.string() });

/** Rows that came or changed after the version that the last plan was made with. */
async function addedSince(
  scope: OrganizationScope,
  { dataset, version }: Awaited<ReturnType<OrganizationScope["datasets"]["resolve"]>>,
  report: unknown,
): Promise<number> {
  const number = Number(planned.safeParse(report).data?.examples.split("@")[1] ?? Number.NaN);
  if (!Number.isInteger(number) || number >= version.number) return 0;
  const since = (await scope.datasets.versions(dataset.id)).filter((one) => one.number > number);
  return since.reduce((sum, { added, changed }) => sum + added + changed, 0);
}
