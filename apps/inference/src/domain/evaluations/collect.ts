import type { NewExample, OrganizationScope } from "@tugboat/db";
import { EvaluationError } from "./config.ts";
import { queueItems } from "./reviews.ts";

/**
 * Makes of reviews what a model learns from: corrections become expected answers, answers that got the best rating too,
 * and pairs become preferences. They are added to a dataset, which is made where there is none.
 * @throws EvaluationError where nobody has said anything to learn from
 */
export async function collect(scope: OrganizationScope, queueId: string, name: string, createdBy: string) {
  const queue = await scope.reviews.queue(queueId);
  const items = queueItems.parse(queue.items);
  const evaluation = await scope.evaluations.get(queue.evaluationId);
  const examples: NewExample[] = [];
  const seen = new Set<number>();
  for (const review of await scope.reviews.of(queueId)) {
    const item = items[review.item];
    // One example of each item: the first person's.
    if (item === undefined || seen.has(review.item)) continue;
    const row = await scope.evaluations.row(evaluation.id, item.position);
    const outputs = await scope.evaluationOutputs.byId(row.outputs);
    const text = (candidate: number | null) =>
      candidate === null ? "" : (outputs.find((one) => one.id === row.outputs[candidate])?.text ?? "");
    const { examples: found } = await scope.datasets.page(evaluation.datasetVersionId, {
      after: item.position - 1,
      limit: 1,
    });
    const [shown] = found;
    if (shown === undefined) continue;
    const origin = { kind: "review", id: review.id, queue: queueId };
    const preference = review.preferred === "a" || review.preferred === "b";
    const [chosen, rejected] = review.preferred === "a" ? [item.a, item.b] : [item.b, item.a];
    const expected =
      review.correction ??
      (queue.kind === "rating" && review.rating !== null && isBest(queue.config, review.rating) ? text(item.a) : null);
    if (queue.kind === "pairs" && preference) {
      examples.push({ input: shown.input, expected: { chosen: text(chosen), rejected: text(rejected) }, origin });
      seen.add(review.item);
    } else if (expected !== null) {
      examples.push({ input: shown.input, expected, tags: shown.tags, split: shown.split, origin });
      seen.add(review.item);
    }
  }
  if (examples.length === 0) {
    const hint = "Prefer one of a pair, correct an answer, or give one the best rating.";
    throw new EvaluationError("not-ready", "These reviews hold nothing to learn from yet.", hint);
  }
  const known = (await scope.datasets.list()).find((one) => one.name === name);
  const dataset = known ?? (await scope.datasets.create({ name, description: `From ${queue.name}`, createdBy }));
  // Those that are there already are not added again.
  const there = new Set<string>();
  if (dataset.latest !== null) {
    for await (const { origin } of scope.datasets.stream(dataset.latest.id)) there.add(JSON.stringify(origin));
  }
  const fresh = examples.filter(({ origin }) => !there.has(JSON.stringify(origin)));
  if (fresh.length === 0 && dataset.latest !== null) {
    return { dataset: name, version: dataset.latest.number, examples: 0, made: false };
  }
  const { made, version } = await scope.datasets.append(dataset.id, fresh, { createdBy, note: `From ${queue.name}` });
  return { dataset: name, version: version.number, examples: fresh.length, made };
}

function isBest(config: unknown, rating: number): boolean {
  return typeof config === "object" && config !== null && Reflect.get(config, "highest") === rating;
}
