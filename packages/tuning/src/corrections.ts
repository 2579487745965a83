import { TuningError } from "./errors.ts";
import type { RunReport } from "./report.ts";
import type { Example } from "./samples.ts";

/** What a person says of a text that a run learnt or was asked. */
export interface Correction {
  readonly input: string;
  readonly right: string;
}

/**
 * A run's examples as preferences, in their order: what is right against what its model said, or else against what is most
 * easily taken for it. Each example takes part, so that what was right stays so, and so that the parts of the earlier run
 * still fit.
 * @throws TuningError `bad-samples` for a text that is none of the run's
 */
export function correctedPairs(
  examples: readonly Example[],
  report: Pick<RunReport, "wrong" | "confusion" | "labels">,
  corrections: readonly Correction[],
): Example[] {
  const known = new Set(examples.map(({ input }) => input));
  const foreign = corrections.find(({ input }) => !known.has(input));
  if (foreign !== undefined) {
    throw new TuningError(
      "bad-samples",
      `"${foreign.input.slice(0, 80)}" is none of this run's texts.`,
      "Correct what the report shows, or begin a new run with more examples.",
    );
  }
  const right = new Map(corrections.map((one) => [one.input, one.right.trim()]));
  const said = new Map(report.wrong.map(({ answer, input }) => [input, answer]));
  return examples.map(({ input, output }, i) => {
    const chosen = right.get(input) ?? output;
    const worse = [said.get(input), output].find((one) => one !== undefined && one !== chosen);
    return { input, output: chosen, rejected: worse ?? likeliestMistake(examples, report, chosen, i) };
  });
}

/** Of labels what they are most often taken for; of free text the answer of another text. */
function likeliestMistake(
  examples: readonly Example[],
  { confusion, labels }: Pick<RunReport, "confusion" | "labels">,
  answer: string,
  position: number,
): string {
  if (labels.length > 0) {
    const counts = confusion[labels.indexOf(answer)] ?? [];
    const others = labels.map((label, i) => ({ label, count: counts[i] ?? 0 })).filter(({ label }) => label !== answer);
    return others.reduce((best, one) => (one.count > best.count ? one : best), others[position % others.length]!).label;
  }
  for (let step = 1; step < examples.length; step++) {
    const other = examples[(position + step) % examples.length]!.output;
    if (other !== answer) return other;
  }
  throw new TuningError("bad-samples", "Every answer is the same.", "Correct some of them.");
}
