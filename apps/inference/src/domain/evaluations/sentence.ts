import { luck } from "@tugboat/statistics";
import type { CandidateFigures, Comparison, EvaluationSummary } from "./summary.ts";

interface Said {
  readonly figures: readonly CandidateFigures[];
  /** Of the evaluator that decides. */
  readonly comparisons: readonly Comparison[];
  readonly n: number;
}

const points = (share: number) => {
  const value = Math.round(1000 * Math.abs(share)) / 10;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${value === 1 ? "point" : "points"}`;
};
const signed = (share: number) =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share)
    .toFixed(1)
    .replace(/\.0$/, "")}`;
const examples = (n: number) => `${n.toLocaleString("en")} ${n === 1 ? "example" : "examples"}`;
const ms = (value: number) => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);
const dollars = (value: number) => `$${value === 0 ? "0" : value < 0.01 ? value.toPrecision(2) : value.toFixed(2)}`;

/** Who is better, by how much, how sure, and what it costs, in one line. */
export function sentenceOf({ comparisons, figures, n }: Said): Pick<EvaluationSummary, "sentence" | "verdict"> {
  if (n === 0) return { sentence: "There are no examples, so there is nothing to compare.", verdict: "alone" };
  const ranked = [...figures].sort((a, b) => (b.scores[0]?.score ?? 0) - (a.scores[0]?.score ?? 0));
  const [best, second] = ranked;
  if (best === undefined || second === undefined) {
    const { high = 1, low = 0, score = 0 } = best?.scores[0] ?? {};
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    return {
      sentence: `${best?.name ?? "It"} scores ${percent(score)} on ${examples(n)} (95 % sure of ${percent(low)} to ${percent(high)}).`,
      verdict: "alone",
    };
  }
  const between = comparisonOf(comparisons, best.name, second.name);
  const { difference, high, low, moreExamples, p } = between;
  const range = `${signed(low)} to ${signed(high)}`;
  if (p < 0.05 && difference > 0) {
    return {
      sentence: `${best.name} is better than ${second.name} by ${points(difference)} on ${examples(n)} (95 % sure of ${range}); this could ${luck(p)}. ${priceOf(best, second)}`,
      verdict: "better",
    };
  }
  const settle =
    moreExamples !== null && moreExamples > 0
      ? ` About ${moreExamples.toLocaleString("en")} more examples would settle a difference of this size.`
      : "";
  const lead =
    difference === 0
      ? `${best.name} and ${second.name} do equally well on ${examples(n)} (${range} points).`
      : `Nobody is clearly better: ${best.name} leads ${second.name} by ${points(difference)} on ${examples(n)} (${range}), which could ${luck(Math.max(p, 0.05))}.`;
  return { sentence: `${lead}${settle} ${priceOf(best, second)}`, verdict: "unsure" };
}

/** The comparison seen from `a`. */
export function comparisonOf(comparisons: readonly Comparison[], a: string, b: string): Comparison {
  const found = comparisons.find((one) => one.a === a && one.b === b);
  if (found !== undefined) return found;
  const turned = comparisons.find((one) => one.a === b && one.b === a);
  if (turned === undefined) throw new RangeError(`${a} was not compared with ${b}`);
  const { difference, high, losses, low, wins } = turned;
  return { ...turned, a, b, difference: -difference, low: -high, high: -low, wins: losses, losses: wins };
}

function priceOf(best: CandidateFigures, other: CandidateFigures): string {
  const time = `${ms(best.latencyP95Ms)} against ${ms(other.latencyP95Ms)} (p95)`;
  if (best.costPer1k === 0 && other.costPer1k === 0) return `It answers in ${time}; neither costs anything.`;
  return `It costs ${dollars(best.costPer1k)} a thousand requests against ${dollars(other.costPer1k)} and answers in ${time}.`;
}

export function warningsOf({ comparisons, figures, n }: Said, evaluators: readonly string[]): string[] {
  const out: string[] = [];
  if (n > 0 && n < 30) {
    out.push(`With ${examples(n)} only large differences show. Thirty or more tell much more.`);
  }
  for (const { failed, name, scores } of figures) {
    const left = scores[0]?.withoutFailures.score ?? 0;
    if (failed > 0) {
      out.push(
        `${name} failed on ${examples(failed)}, which count as wrong; without them it scores ${Math.round(100 * left)} %.`,
      );
    }
  }
  evaluators.forEach((evaluator, i) => {
    const unjudged = figures.flatMap(({ name, scores }) => {
      const { unscored = 0 } = scores[i] ?? {};
      return unscored > 0 ? [`${unscored} of ${name}`] : [];
    });
    if (unjudged.length > 0) out.push(`${evaluator} could not judge some answers: ${unjudged.join(", ")}.`);
  });
  if (n > 0 && comparisons.length > 0 && comparisons.every(({ losses, wins }) => wins + losses === 0)) {
    out.push("All candidates score the same on every example: these examples can't tell them apart.");
  }
  return out;
}
