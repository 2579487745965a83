import { plural } from "../../ui/format.ts";
import type { Alias } from "./types.ts";

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** How an alias's semantic cache does since the service began. */
export function cacheLine({ checked, expectedWrong, hits, maxError, questions, wrong }: NonNullable<Alias["cache"]>) {
  const bound = `at most ${percent(maxError)} may differ`;
  if (questions === 0) return `Answers from memory what means the same; ${bound}. Nothing was asked yet.`;
  if (hits === 0) return `Learning what means the same from ${plural(questions, "question")}; ${bound}.`;
  const measured = checked === 0 ? "none checked yet" : `${wrong} of ${checked} that were checked did`;
  const expected = percent(expectedWrong / questions);
  return `${percent(hits / questions)} of ${plural(questions, "question")} answered from memory; ${bound}, expected ${expected} at most, ${measured}.`;
}
