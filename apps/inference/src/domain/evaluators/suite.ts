import type { Judgement } from "./judge.ts";
import type { JudgedExample } from "./judged.ts";
import { inputKey, type SuiteCheck, type SuiteSpec } from "./spec.ts";

type ScoreCheck = (spec: SuiteCheck["spec"], example: JudgedExample) => Promise<Judgement>;

/**
 * An answer by the checks of its example: right when all of them hold, or when their weighted mean is at least what the
 * example asks for. A check that can't say leaves the answer unjudged, with the reason.
 */
export async function scoreSuite(
  { all, each }: SuiteSpec,
  example: JudgedExample,
  score: ScoreCheck,
): Promise<Judgement> {
  const own = Object.hasOwn(each, inputKey(example.input)) ? each[inputKey(example.input)] : undefined;
  const checks = [...all, ...(own?.checks ?? [])];
  if (checks.length === 0) return { value: null, reason: "The suite checks nothing of this example.", costMicroUsd: 0 };
  let costMicroUsd = 0;
  let sum = 0;
  let weights = 0;
  const missed: string[] = [];
  for (const { atLeast, expected, not, spec, weight } of checks) {
    const against = expected === undefined ? example : { input: example.input, expected };
    const said = await score(spec, against);
    costMicroUsd += said.costMicroUsd;
    if (said.value === null) return { value: null, reason: `${spec.kind}: ${said.reason ?? "no score"}`, costMicroUsd };
    const holds = said.value >= atLeast !== not;
    // As a share where the mean counts: a check that asks for less than 1 keeps its score.
    const value = not ? (holds ? 1 : 0) : atLeast === 1 ? (holds ? 1 : 0) : said.value;
    sum += weight * value;
    weights += weight;
    if (!holds) missed.push(`${not ? "not " : ""}${spec.kind}${said.reason === undefined ? "" : ` (${said.reason})`}`);
  }
  const wanted = own?.atLeast;
  const right = wanted === undefined ? missed.length === 0 : weights > 0 && sum / weights >= wanted;
  const reason = missed.length === 0 ? {} : { reason: `Does not hold: ${missed.join("; ")}.`.slice(0, 2000) };
  return { value: right ? 1 : 0, ...reason, costMicroUsd };
}
