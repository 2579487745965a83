import { luck, mcnemar, pairedBootstrap, signFlip } from "@tugboat/statistics";

export type Verdict = "better" | "not better" | "unsure";

export interface Compared {
  readonly verdict: Verdict;
  /** Two-sided. */
  readonly p: number;
  readonly difference: { readonly score: number; readonly low: number; readonly high: number };
  readonly sentence: string;
}

export interface NamedScores {
  readonly name: string;
  /** Of each held-out example, from 0 to 1. */
  readonly scores: readonly number[];
}

/** Below this the difference counts as more than luck. */
const significance = 0.05;

/**
 * Whether the tuned model is better than the untuned one at its best prompt, on the same held-out examples, as one
 * sentence. A plain baseline that does as well is said first: then no language model may be needed.
 */
export function compare(
  tuned: readonly number[],
  untuned: NamedScores,
  plain: readonly NamedScores[],
  isRightOrWrong: boolean,
): Compared {
  const difference = pairedBootstrap(tuned, untuned.scores);
  const aOnly = tuned.filter((one, i) => one > untuned.scores[i]!).length;
  const bOnly = tuned.filter((one, i) => one < untuned.scores[i]!).length;
  const p = isRightOrWrong ? mcnemar(aOnly, bOnly) : signFlip(tuned, untuned.scores);
  const verdict = difference.score <= 0 ? "not better" : p < significance ? "better" : "unsure";
  const said = verdictSentence(verdict, difference.score, p, tuned.length, untuned.name);
  const total = (scores: readonly number[]) => scores.reduce((sum, one) => sum + one, 0);
  const winner = [...plain].sort((a, b) => total(b.scores) - total(a.scores))[0];
  const wins = winner !== undefined && total(winner.scores) >= total(tuned) && tuned.length > 0;
  const sentence = wins
    ? `${named(winner.name)} does ${total(winner.scores) > total(tuned) ? "better than" : "as well as"} the tuned model and costs next to nothing. ${said}`
    : said;
  return { verdict, p, difference, sentence };
}

function verdictSentence(verdict: Verdict, difference: number, p: number, count: number, than: string): string {
  const points = Math.abs(Math.round(difference * 100));
  const sized = `${points} point${points === 1 ? "" : "s"}`;
  if (difference === 0) return `No better than ${than}: the same score on ${count} held-out examples.`;
  if (verdict === "not better") return `Worse by ${sized} than ${than} on ${count} held-out examples.`;
  const chance = `with ${count} held-out examples this could ${luck(p)}`;
  return verdict === "better"
    ? `Better by ${sized} than ${than}; ${chance}.`
    : `Perhaps better, by ${sized} than ${than}; ${chance}.`;
}

/** `linear classifier` → `A linear classifier`; the majority's class is one. */
function named(name: string): string {
  return name.startsWith("majority") ? "Always answering the most frequent label" : `A ${name}`;
}
