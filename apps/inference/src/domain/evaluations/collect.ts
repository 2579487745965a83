import type { NewExample, OrganizationScope, ReviewQueueInfo } from "@tugboat/db";
import { z } from "zod";
import { expectedText } from "../evaluators/judged.ts";
import { contentDigest, filled, promptContent } from "../prompts/content.ts";
import { EvaluationError } from "./config.ts";
import { textOf } from "./messages.ts";
import { queueItems } from "./reviews.ts";

/**
 * What reviews teach: corrections become expected answers, answers that got the best rating too, and pairs become
 * preferences. One of each item, the first person's.
 * @throws EvaluationError where nobody has said anything to learn from
 */
async function learnt(scope: OrganizationScope, queue: ReviewQueueInfo): Promise<NewExample[]> {
  const items = queueItems.parse(queue.items);
  const evaluation = await scope.evaluations.get(queue.evaluationId);
  const examples: NewExample[] = [];
  const seen = new Set<number>();
  for (const review of await scope.reviews.of(queue.id)) {
    const item = items[review.item];
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
    const origin = { kind: "review", id: review.id, queue: queue.id };
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
  return examples;
}

/** Adds what reviews teach to a dataset, which is made where there is none. @throws EvaluationError `not-ready` */
export async function collect(scope: OrganizationScope, queueId: string, name: string, createdBy: string) {
  const queue = await scope.reviews.queue(queueId);
  const examples = await learnt(scope, queue);
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

/** More would crowd out what is asked. */
const mostShots = 8;

/**
 * A new version of a prompt that shows the model how it is done: each example as if it had been asked and answered
 * before, in the prompt's own words.
 * @throws EvaluationError `not-ready`; DatabaseError `not-found`
 */
export async function intoPrompt(scope: OrganizationScope, queueId: string, name: string, createdBy: string) {
  const queue = await scope.reviews.queue(queueId);
  const examples = (await learnt(scope, queue)).slice(0, mostShots);
  const { prompt, version } = await scope.prompts.resolve(name);
  const content = promptContent.parse(version.content);
  const at = content.messages.findLastIndex(({ role }) => role === "user");
  const asked = content.messages[at];
  const shots = examples.flatMap(({ expected, input }) => {
    const answer = expectedText(expected ?? null);
    if (answer === undefined) return [];
    const fields = z.record(z.string(), z.json()).safeParse(input).data ?? {};
    const [only] = content.variables;
    const values = new Map(
      content.variables.map((one) => [one.name, textOf(fields[one.name] ?? (only === one ? input : ""))]),
    );
    const question = asked === undefined ? textOf(input) : filled(asked.content, values);
    return [
      { role: "user" as const, content: question },
      { role: "assistant" as const, content: answer },
    ];
  });
  const messages =
    at < 0
      ? [...content.messages, ...shots]
      : [...content.messages.slice(0, at), ...shots, ...content.messages.slice(at)];
  const changed = promptContent.parse({ ...content, messages });
  const made = await scope.prompts.publish(prompt.id, {
    content: z.json().parse(changed) ?? {},
    digest: contentDigest(changed),
    note: `Examples from ${queue.name}`,
    createdBy,
    seen: prompt.latest,
  });
  return { prompt: prompt.name, version: made.version.number, examples: shots.length / 2 };
}

function isBest(config: unknown, rating: number): boolean {
  return typeof config === "object" && config !== null && Reflect.get(config, "highest") === rating;
}
