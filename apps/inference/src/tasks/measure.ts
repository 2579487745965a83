import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { scoreOutput } from "../domain/evaluations/score.ts";
import type { Judgement } from "../domain/evaluators/judge.ts";
import {
  builtIn,
  builtInEvaluator,
  type EvaluatorSpec,
  evaluatorKey,
  evaluatorSpec,
} from "../domain/evaluators/spec.ts";
import { measures, type TaskDocument } from "../domain/tasks/document.ts";
import { TaskError } from "../domain/tasks/errors.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { onlyField } from "../domain/tasks/fields.ts";
import { scoreAnswer } from "../domain/tasks/score.ts";
import { type AskModel, type StepAnswer, StepError } from "./run-step.ts";

/** How right an answer to an example is, from 0 to 1. @throws StepError where that can't be said */
export type Score = (answer: StepAnswer, example: TaskExample) => Promise<number>;

export interface Measure {
  /** Of what it is made of: scores that were kept are its own. */
  readonly key: string;
  readonly score: Score;
}

/** What a task may not be measured by, and why. */
const unfit: Partial<Record<EvaluatorSpec["kind"], string>> = {
  "judge-pairs": "compares two answers; a task needs a score of each.",
  latency: "says how long an answer takes; that is required by latency_p95.",
  cost: "says what an answer costs; that is required by cost_per_1k.",
};

/**
 * The evaluator that a task names; undefined for its own measures.
 * @throws TaskError `bad-document` for one that is not there, or that can't measure a task
 */
export async function evaluatorOf(
  scope: Pick<OrganizationScope, "evaluators">,
  { measure }: Pick<TaskDocument, "measure">,
): Promise<EvaluatorSpec | undefined> {
  if (measures.some((one) => one === measure)) return undefined;
  const all = await scope.evaluators.list();
  const own = all.find(({ name }) => name === measure);
  const spec = own === undefined ? builtInEvaluator(measure) : evaluatorSpec.parse(own.spec);
  if (spec === undefined) {
    const known = [...measures, ...all.map(({ name }) => name), ...Object.keys(builtIn)];
    throw new TaskError("bad-document", `measure: ${measure} is not a measure.`, `There are: ${known.join(", ")}.`);
  }
  const why = unfit[spec.kind];
  if (why === undefined) return spec;
  throw new TaskError(
    "bad-document",
    `measure: ${measure} ${why}`,
    "Choose an evaluator that scores each answer alone.",
  );
}

/** How a task's answers are judged: by its own measure, or by an evaluator of the project. */
export function measureOf(document: TaskDocument, spec: EvaluatorSpec | undefined, ask: AskModel): Measure {
  const { measure, output } = document;
  if (spec === undefined) {
    return { key: measure, score: async (answer, { expected }) => scoreAnswer(measure, answer.output, expected) };
  }
  const json = z.json();
  // A field alone is what it holds: evaluators of texts compare texts.
  const plain = onlyField(output) !== undefined;
  const score: Score = async (answer, { expected, input }) => {
    const text = answer.output === undefined ? answer.text : outputText(answer.output);
    const { costMicroUsd, latencyMs, outputTokens } = answer;
    const wanted = json.parse(plain ? outputText(expected) : expected);
    let judged: Judgement;
    try {
      judged = await scoreOutput(
        spec,
        { text, calls: [], latencyMs, costMicroUsd, outputTokens },
        { input: inputText(input), expected: wanted },
        undefined,
        (endpoint, body) => {
          if (endpoint === "/v1/chat/completions" || endpoint === "/v1/embeddings") return ask({ endpoint, body });
          throw new Error(`no evaluator asks ${endpoint}`);
        },
      );
    } catch (error) {
      if (error instanceof Error && error.name === "AbortError") throw error;
      throw new StepError(measure, 500, "evaluator", error instanceof Error ? error.message : "it failed");
    }
    if (judged.value !== null) return judged.value;
    throw new StepError(measure, 500, "evaluator", judged.reason ?? "The evaluator could not say.");
  };
  return { key: evaluatorKey(spec), score };
}
