import { createHash } from "node:crypto";
import { contentHash, nearGroups } from "@tugboat/tuning";
import { roughTokens, type TaskFacts } from "../domain/planner/cost-model.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { labelsOf, shapeOf } from "../domain/tasks/fields.ts";

/** The examples in three parts that share none: what is learnt from, what sets thresholds, what is measured on. */
export interface TaskSplit {
  readonly learnt: readonly TaskExample[];
  readonly calibration: readonly TaskExample[];
  readonly heldOut: readonly TaskExample[];
}

/** More need not answer: the bounds are narrow enough. */
const mostHeldOut = 200;
const mostCalibration = 80;

/**
 * Divides examples by their content, each label with its share everywhere: the same examples in another order are divided
 * the same way. Texts that say almost the same stay together, so that nothing that is asked was shown as a shot, learnt or
 * used for a threshold.
 */
export function splitTask(examples: readonly TaskExample[], document: TaskDocument): TaskSplit {
  const isLabels = labelsOf(document.output) !== undefined;
  const share = examples.length >= 1000 ? { heldOut: 0.2, calibration: 0.1 } : { heldOut: 0.35, calibration: 0.15 };
  const strata = new Map<string, { readonly hash: number; readonly members: readonly TaskExample[] }[]>();
  for (const group of nearGroups(examples.map(({ input }) => inputText(input)))) {
    // By content: whichever stood first in the file must not decide whose stratum this is.
    const members = byContent(group.map((i) => examples[i]!));
    const hash = contentHash(members[0]!.digest);
    const name = isLabels ? outputText(members[0]!.expected) : "";
    strata.set(name, [...(strata.get(name) ?? []), { hash, members }]);
  }
  const out = { learnt: [] as TaskExample[], calibration: [] as TaskExample[], heldOut: [] as TaskExample[] };
  // Fractions that one label leaves over go to the next, so that the whole has the shares too.
  const owed = { heldOut: 0, calibration: 0 };
  for (const [, groups] of [...strata].sort(([a], [b]) => (a < b ? -1 : 1))) {
    groups.sort((a, b) => a.hash - b.hash);
    const size = groups.reduce((sum, { members }) => sum + members.length, 0);
    owed.heldOut += size * share.heldOut;
    owed.calibration += size * share.calibration;
    for (const [place, { members }] of groups.entries()) {
      // The last of a label is for learning, whatever is owed.
      const isLast = place === groups.length - 1 && groups.length > 1;
      const part = isLast
        ? "learnt"
        : owed.heldOut >= 0.5
          ? "heldOut"
          : owed.calibration >= 0.5
            ? "calibration"
            : "learnt";
      if (part !== "learnt") owed[part] -= members.length;
      out[part].push(...members);
    }
  }
  // An order by content alone, so that the first few are of all kinds.
  return {
    learnt: byContent(out.learnt),
    calibration: byContent(out.calibration).slice(0, mostCalibration),
    heldOut: byContent(out.heldOut).slice(0, mostHeldOut),
  };
}

function byContent(examples: readonly TaskExample[]): TaskExample[] {
  return [...examples].sort((a, b) => contentHash(a.digest) - contentHash(b.digest) || (a.digest < b.digest ? -1 : 1));
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

/**
 * Digests of all that answers and their scores depend on beside the step itself.
 * @param measure what the scores are made by, where that is more than its name
 */
export function basisOf(document: TaskDocument, { learnt }: TaskSplit, measure: string = document.measure) {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const { input, instruction, output } = document;
  return {
    words: digest(JSON.stringify([instruction, input, output, measure])),
    learnt: digest(learnt.map((one) => one.digest).join()),
  };
}
