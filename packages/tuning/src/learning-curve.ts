import { type Interval, mean, pairedBootstrap } from "@tugboat/statistics";

export interface LearningCurve {
  /** From how many examples, and what that was worth on the same held-out ones. */
  readonly points: readonly { readonly size: number; readonly score: number }[];
  /** What so many `more` examples may bring, in shares of the score. */
  readonly gain: Interval & { readonly more: number };
  readonly sentence: string;
}

/** What a person may add in an hour. */
const more = 20;

/**
 * What more examples would bring, when each doubling brings the same: near enough for small steps on the power laws that
 * learning curves are (Hestness et al. 2017).
 * @param half and whole: scores of the same held-out examples, learnt from half of the examples and from all
 */
export function learningCurve(
  half: { readonly size: number; readonly scores: readonly number[] },
  whole: { readonly size: number; readonly scores: readonly number[] },
  examples: number,
): LearningCurve {
  const perDoubling = pairedBootstrap(whole.scores, half.scores);
  const doublings = Math.log2((examples + more) / examples) / Math.log2(whole.size / half.size);
  const gain = {
    more,
    score: perDoubling.score * doublings,
    low: perDoubling.low * doublings,
    high: perDoubling.high * doublings,
  };
  return {
    points: [half, whole].map(({ scores, size }) => ({ size, score: mean(scores) })),
    gain,
    sentence: sentenceOf(gain),
  };
}

function sentenceOf({ high, low, score }: Interval): string {
  const points = (share: number) => `${share < 0 ? "−" : "+"}${Math.abs(Math.round(share * 100))}`;
  if (high <= 0.005)
    return `With ${more} more examples of the same kinds, expect no better answers: other kinds are needed.`;
  const range = `between ${points(low)} and ${points(high)}`;
  if (score < 0.005) return `With ${more} more examples, expect little (${range}).`;
  return `With ${more} more examples, expect about ${points(score)} point${Math.round(score * 100) === 1 ? "" : "s"} (${range}).`;
}
