import { routerName } from "../domain/planner/plan.ts";
import type { Router } from "../domain/planner/route.ts";
import { inputText, type Values } from "../domain/tasks/examples.ts";
import { type AskModel, embedded, type PreparedPlan, type PreparedStep, type StepAnswer } from "./run-step.ts";

/** One step of a request that was made: what EXPLAIN ANALYZE shows. */
export interface StepTrace {
  readonly name: string;
  /** Why it was asked, or why the next was. */
  readonly why: string;
  readonly confidence: number | null;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly answered: boolean;
}

export interface PlanAnswer {
  readonly output: Values | undefined;
  readonly text: string;
  readonly steps: readonly StepTrace[];
  readonly escalated: boolean;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Runs a plan on one input: a cascade's branch is chosen by the first's confidence, a route's by what its classifier says of
 * the input, and in both the rest answers what the first gave no valid output for.
 * @throws StepError, the signal's reason
 */
export async function runPlan(plan: PreparedPlan, input: Values, ask: AskModel): Promise<PlanAnswer> {
  const { router, spec, steps } = plan;
  const [first, second] = steps;
  if (first === undefined) throw new Error("a plan without steps");
  if (spec.kind === "route" && router !== undefined && second !== undefined) {
    return routed({ spec, router, first, second }, input, ask);
  }
  const one = await first.run(input, ask);
  if (spec.kind === "single" || second === undefined)
    return whole([trace(first.name, "the only step", one, true)], [one]);
  const sure = one.confidence !== null && one.confidence >= spec.threshold && one.output !== undefined;
  const said = one.confidence === null ? "says nothing of its confidence" : `confidence ${one.confidence.toFixed(2)}`;
  const bar = spec.threshold.toFixed(2);
  if (sure) return whole([trace(first.name, `${said}, at least ${bar}: answers alone`, one, true)], [one]);
  const why = one.output === undefined ? "its answer is no valid output" : `${said}, below ${bar}: asks the next`;
  const other = await second.run(input, ask);
  return whole([trace(first.name, why, one, false), trace(second.name, "the rest", other, true)], [one, other]);
}

async function routed(
  {
    first,
    router,
    second,
    spec,
  }: {
    readonly spec: { readonly embedder: string; readonly threshold: number };
    readonly router: Router;
    readonly first: PreparedStep;
    readonly second: PreparedStep;
  },
  input: Values,
  ask: AskModel,
): Promise<PlanAnswer> {
  const name = routerName(spec.embedder);
  const { costMicroUsd, latencyMs, tokens, vector } = await embedded(name, spec.embedder, inputText(input), ask);
  const begun = performance.now();
  const chance = router(vector);
  const looked = {
    ...{ output: undefined, text: "", confidence: chance, latencyMs: latencyMs + performance.now() - begun },
    ...{ costMicroUsd, inputTokens: tokens, outputTokens: 0 },
  };
  const isFirst = chance >= spec.threshold;
  const said = `${first.name} is enough with chance ${chance.toFixed(2)}, ${isFirst ? "at least" : "below"} ${spec.threshold.toFixed(2)}`;
  const chosen = trace(name, said, looked, false);
  if (!isFirst) {
    const other = await second.run(input, ask);
    return whole([chosen, trace(second.name, "the rest", other, true)], [looked, other], true);
  }
  const one = await first.run(input, ask);
  if (one.output !== undefined)
    return whole([chosen, trace(first.name, "was chosen", one, true)], [looked, one], false);
  const other = await second.run(input, ask);
  const failed = trace(first.name, "its answer is no valid output", one, false);
  return whole([chosen, failed, trace(second.name, "the rest", other, true)], [looked, one, other], true);
}

function trace(
  name: string,
  why: string,
  { confidence, costMicroUsd, latencyMs }: StepAnswer,
  answered: boolean,
): StepTrace {
  return { name, why, confidence, latencyMs, costMicroUsd, answered };
}

function whole(
  steps: readonly StepTrace[],
  answers: readonly StepAnswer[],
  escalated = answers.length > 1,
): PlanAnswer {
  const last = answers.at(-1)!;
  const sum = (of: (one: StepAnswer) => number) => answers.reduce((total, one) => total + of(one), 0);
  return {
    output: last.output,
    text: last.text,
    steps,
    escalated,
    latencyMs: sum(({ latencyMs }) => latencyMs),
    costMicroUsd: sum(({ costMicroUsd }) => costMicroUsd),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  };
}
