import type { Values } from "../domain/tasks/examples.ts";
import type { AskModel, PreparedPlan, StepAnswer } from "./run-step.ts";

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
 * Runs a plan on one input: the branch is chosen by the first's confidence, or because its answer is no valid output.
 * @throws StepError, the signal's reason
 */
export async function runPlan({ spec, steps }: PreparedPlan, input: Values, ask: AskModel): Promise<PlanAnswer> {
  const [first, second] = steps;
  if (first === undefined) throw new Error("a plan without steps");
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

function trace(
  name: string,
  why: string,
  { confidence, costMicroUsd, latencyMs }: StepAnswer,
  answered: boolean,
): StepTrace {
  return { name, why, confidence, latencyMs, costMicroUsd, answered };
}

function whole(steps: readonly StepTrace[], answers: readonly StepAnswer[]): PlanAnswer {
  const last = answers.at(-1)!;
  const sum = (of: (one: StepAnswer) => number) => answers.reduce((total, one) => total + of(one), 0);
  return {
    output: last.output,
    text: last.text,
    steps,
    escalated: answers.length > 1,
    latencyMs: sum(({ latencyMs }) => latencyMs),
    costMicroUsd: sum(({ costMicroUsd }) => costMicroUsd),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  };
}
