import type { EvaluationInfo, OrganizationScope } from "@tugboat/db";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { evaluationKind } from "../../jobs/kinds/evaluations-run-input.ts";
import { builtInEvaluator, evaluatorSpec } from "../evaluators/spec.ts";
import { pin } from "./candidate-prompt.ts";
import {
  type Candidate,
  type EvaluationConfig,
  EvaluationError,
  evaluationConfig,
  type NamedEvaluator,
} from "./config.ts";

export interface StartEvaluation {
  readonly name: string | undefined;
  /** `name`, `name@3` or `name@latest`. */
  readonly dataset: string;
  readonly candidates: readonly Candidate[];
  /** Names of evaluators, the deciding one first. */
  readonly evaluators: readonly string[];
  readonly split: EvaluationConfig["split"];
  readonly limit: number | null;
  readonly stopEarly: boolean;
  /** As the audit log names actors. */
  readonly actor: string;
}

/**
 * Keeps an evaluation and queues its job, in the transaction of the scope.
 * @throws DatabaseError `not-found`; EvaluationError for what can't be compared
 */
export async function startEvaluation(
  scope: OrganizationScope,
  { actor, candidates, dataset: reference, evaluators, limit, name, split, stopEarly }: StartEvaluation,
): Promise<{ evaluation: EvaluationInfo; job: string }> {
  const { dataset, version } = await scope.datasets.resolve(reference);
  const count = await scope.datasets.count(version.id, split === null ? {} : { split });
  const total = Math.min(count, limit ?? count);
  if (total === 0) {
    const part = split === null ? "" : ` in the split ${split}`;
    throw new EvaluationError(
      "not-ready",
      `The dataset ${dataset.name} has no examples${part}.`,
      "Add examples to it, or choose another.",
    );
  }
  const named = await Promise.all(evaluators.map((one) => namedEvaluator(scope, one)));
  const config = evaluationConfig.parse({
    candidates: await Promise.all(distinct(candidates).map((one) => pin(scope, one))),
    evaluators: named,
    split,
    limit,
    stopEarly,
  });
  const evaluation = await scope.evaluations.create({
    name: name ?? `${config.candidates.map((one) => one.name).join(" or ")} on ${dataset.name}`.slice(0, 200),
    datasetId: dataset.id,
    datasetVersionId: version.id,
    datasetName: `${dataset.name}@${version.number}`,
    config,
    total,
    createdBy: actor,
  });
  const { job } = await enqueueJob(
    scope,
    evaluationKind,
    { evaluation: evaluation.id },
    { createdBy: actor, subject: evaluation.name, priority: "background" },
  );
  await scope.evaluations.assign(evaluation.id, job.id);
  return { evaluation: { ...evaluation, jobId: job.id }, job: job.id };
}

/** By a name of the project's, else of one that needs no settings. @throws DatabaseError `not-found` */
export async function namedEvaluator(scope: OrganizationScope, name: string): Promise<NamedEvaluator> {
  const own = (await scope.evaluators.list()).find((one) => one.name === name || one.id === name);
  if (own !== undefined) return { name: own.name, spec: evaluatorSpec.parse(own.spec) };
  const spec = builtInEvaluator(name);
  if (spec !== undefined) return { name, spec };
  return { name, spec: evaluatorSpec.parse((await scope.evaluators.get(name)).spec) };
}

/** Two of one name get a number, so that a sentence means one of them. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, number>();
  return candidates.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name} (${count})` };
  });
}

/** What the audit log keeps. */
export function recordedEvaluation({ config, datasetName, name }: EvaluationInfo) {
  const { candidates, evaluators } = evaluationConfig.parse(config);
  return {
    name,
    dataset: datasetName,
    candidates: candidates.map((one) => one.name),
    evaluators: evaluators.map((one) => one.name),
  };
}
