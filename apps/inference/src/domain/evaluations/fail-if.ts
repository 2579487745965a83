import { EvaluationError } from "./config.ts";
import { comparisonOf } from "./sentence.ts";
import type { EvaluationSummary } from "./summary.ts";

export interface Condition {
  /** An evaluator's name, or `accuracy`, `score`, `latency` (p95, ms), `cost` (US dollars a thousand), `failures`. */
  readonly measure: string;
  readonly operator: "<" | "<=" | ">" | ">=";
  /** A candidate's name, to which `offset` is added. */
  readonly candidate: string | undefined;
  readonly offset: number;
}

/** Reads `accuracy < production - 0.01` or `latency > 400`. @throws EvaluationError */
export function parseCondition(text: string): Condition {
  const match =
    /^\s*([\w-]+)\s*(<=|>=|<|>)\s*(?:([\p{L}_][\p{L}\p{N}_.:/@-]*?)\s*(?:([+-])\s*(\d*\.?\d+)\s*(%|points?)?)?|(-?\d*\.?\d+)\s*(%|points?)?)\s*$/u.exec(
      text,
    );
  const [, measure, operator, candidate, sign, by, unit, value, valueUnit] = match ?? [];
  if (measure === undefined || (operator !== "<" && operator !== "<=" && operator !== ">" && operator !== ">=")) {
    const hint = 'Write a measure, a comparison, and a number or a candidate: "accuracy < production - 0.01".';
    throw new EvaluationError("invalid", `"${text}" is no condition.`, hint);
  }
  const number = Number(value ?? by ?? 0) / ((valueUnit ?? unit) === undefined ? 1 : 100);
  return { measure, operator, candidate, offset: sign === "-" ? -number : number };
}

export interface ConditionResult {
  readonly candidate: string;
  readonly fails: boolean;
  readonly sentence: string;
}

/** Whether each candidate (but the one it is compared with) meets the condition under which a build fails. */
export function checkCondition(
  condition: Condition,
  summary: EvaluationSummary,
  evaluators: readonly string[],
): ConditionResult[] {
  const { candidate: reference, measure, offset, operator } = condition;
  const evaluator = ["accuracy", "score"].includes(measure) ? 0 : evaluators.indexOf(measure);
  const value = (one: EvaluationSummary["candidates"][number]) => {
    if (measure === "latency") return one.latencyP95Ms;
    if (measure === "cost") return one.costPer1k;
    if (measure === "failures") return one.failed;
    return one.scores[evaluator]?.score ?? 0;
  };
  if (evaluator < 0 && !["latency", "cost", "failures"].includes(measure)) {
    const hint = `This evaluation has ${evaluators.join(", ")}; also accuracy, score, latency, cost, failures.`;
    throw new EvaluationError("invalid", `There is no measure ${measure}.`, hint);
  }
  const against = candidateNamed(summary, reference);
  if (reference !== undefined && against === undefined) {
    const hint = `The candidates are ${summary.candidates.map(({ name }) => name).join(", ")}.`;
    throw new EvaluationError("invalid", `There is no candidate ${reference}.`, hint);
  }
  const limit = (against === undefined ? 0 : value(against)) + offset;
  return summary.candidates
    .filter((one) => one !== against)
    .map((one) => {
      const own = value(one);
      const fails =
        operator === "<"
          ? own < limit
          : operator === "<="
            ? own <= limit
            : operator === ">"
              ? own > limit
              : own >= limit;
      const between =
        against !== undefined && evaluator >= 0
          ? comparisonOf(
              summary.comparisons.filter((pair) => pair.evaluator === evaluator),
              one.name,
              against.name,
            )
          : undefined;
      const sure =
        between &&
        ` (difference ${between.difference.toFixed(3)}, 95 % sure of ${between.low.toFixed(3)} to ${between.high.toFixed(3)})`;
      return {
        candidate: one.name,
        fails,
        sentence: `${one.name}: ${measure} ${own.toFixed(4)} ${fails ? "is" : "is not"} ${operator} ${limit.toFixed(4)}${sure ?? ""}.`,
      };
    });
}

/** By its whole name, or by its label where one candidate alone has it: `production` is `prompt:triage@production`. */
function candidateNamed({ candidates }: EvaluationSummary, reference: string | undefined) {
  if (reference === undefined) return undefined;
  const labelled = candidates.filter(({ name }) => name.endsWith(`@${reference}`));
  return candidates.find(({ name }) => name === reference) ?? (labelled.length === 1 ? labelled[0] : undefined);
}

/** The results as a JUnit file, one test case for each candidate. */
export function junitOf(name: string, condition: string, results: readonly ConditionResult[], seconds: number): string {
  const failures = results.filter(({ fails }) => fails).length;
  const cases = results.map(({ candidate, fails, sentence }) => {
    const open = `    <testcase classname="${xml(name)}" name="${xml(`${candidate}: not ${condition}`)}" time="${(seconds / Math.max(1, results.length)).toFixed(3)}"`;
    return fails ? `${open}>\n      <failure message="${xml(sentence)}"/>\n    </testcase>` : `${open}/>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite name="${xml(name)}" tests="${results.length}" failures="${failures}" time="${seconds.toFixed(3)}">\n${cases.join("\n")}\n  </testsuite>\n</testsuites>\n`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function xml(text: string): string {
  // Characters that XML can't hold at all are left out.
  return text
    .replace(/\p{Cc}/gu, (one) => (/\s/.test(one) ? one : ""))
    .replace(/[&<>"]/g, (one) => entities[one] ?? one);
}
