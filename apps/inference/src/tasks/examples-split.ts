import { createHash } from "node:crypto";
import { roughTokens, type TaskFacts } from "../domain/planner/cost-model.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { labelsOf, shapeOf } from "../domain/tasks/fields.ts";
import { contentHash } from "../domain/tuning/content-hash.ts";
import { splitExamples } from "../domain/tuning/split.ts";

/** The examples in three parts that share none: what is learnt from, what sets thresholds, what is measured on. */
export interface TaskSplit {
  readonly learnt: readonly TaskExample[];
  readonly calibration: readonly TaskExample[];
  readonly heldOut: readonly TaskExample[];
}

/** More need not answer: the bounds are narrow enough. */
const mostHeldOut = 200;
const mostCalibration = 80;

export function splitTask(examples: readonly TaskExample[], document: TaskDocument): TaskSplit {
  const plain = examples.map(({ expected, input }) => ({ input: inputText(input), output: outputText(expected) }));
  const isLabels = labelsOf(document.output) !== undefined;
  const { heldOut, train, validation } = splitExamples(plain, ({ output }) => (isLabels ? output : ""));
  const of = (positions: readonly number[]) => positions.map((i) => examples[i]!);
  // An order by content alone, so that the first few are of all kinds.
  const mixed = [...of(heldOut)].sort((a, b) => contentHash(a.digest) - contentHash(b.digest));
  return {
    learnt: of(train),
    calibration: of(validation).slice(0, mostCalibration),
    heldOut: mixed.slice(0, mostHeldOut),
  };
}

export function factsOf(examples: readonly TaskExample[], { learnt }: TaskSplit, document: TaskDocument): TaskFacts {
  const mean = (of: (one: TaskExample) => string) =>
    examples.reduce((sum, one) => sum + roughTokens(of(one)), 0) / Math.max(1, examples.length);
  return {
    shape: shapeOf(document.output),
    labels: labelsOf(document.output),
    examples: learnt.length,
    inputTokens: Math.ceil(mean(({ input }) => inputText(input))),
    outputTokens: Math.ceil(mean(({ expected }) => outputText(expected))) + 1,
    instructionTokens: roughTokens(document.instruction),
  };
}

/** Digests of all that answers depend on beside the step itself. */
export function basisOf(document: TaskDocument, { learnt }: TaskSplit) {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const { input, instruction, measure, output } = document;
  return {
    words: digest(JSON.stringify([instruction, input, output, measure])),
    learnt: digest(learnt.map((one) => one.digest).join()),
  };
}
