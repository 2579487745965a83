import type { Candidate } from "./candidates.ts";
import { cascadeHope } from "./cascade.ts";
import { answers, routeHope, routeSlack } from "./compounds.ts";
import { compareByPreference, figuresOf, type Goal, type Measured, shortfall } from "./figures.ts";
import type { Results } from "./race.ts";

/** So many steps are completed for the sake of a cascade. */
const mostSteps = 2;

/**
 * The steps that are worth completing for a cascade: those of pairs that, were the first's confidence perfect, would be
 * better than the best step alone. Judged by the examples that both have answered.
 */
export function promisingPairs({
  candidates,
  goal,
  heldOut,
  results,
}: {
  readonly candidates: readonly Candidate[];
  readonly results: Results;
  readonly heldOut: readonly string[];
  readonly goal: Goal;
}): string[] {
  const known = candidates.flatMap((candidate) => {
    const measured = answers(results, candidate.key, heldOut);
    return measured.length < 4 ? [] : [{ candidate, measured, figures: figuresOf(measured, goal) }];
  });
  const alone = known.filter(({ measured }) => measured.length === heldOut.length);
  const best = alone.sort(
    (a, b) =>
      shortfall(a.figures, "bound") - shortfall(b.figures, "bound") ||
      compareByPreference(a.figures, b.figures, goal.prefer),
  )[0];
  if (best === undefined) return [];
  const pairs: { keys: readonly [string, string]; gap: number; gain: number }[] = [];
  for (const first of known) {
    for (const second of known) {
      if (first === second || first.figures.latencyP50Ms >= second.figures.latencyP50Ms) continue;
      const shared = heldOut.filter(
        (one) => results.get(first.candidate.key)?.has(one) && results.get(second.candidate.key)?.has(one),
      );
      if (shared.length < 4) continue;
      // The threshold gives up next to nothing of the second's quality, and can't add to it but by luck.
      const enough = Math.min(goal.require.quality ?? 1, best.figures.score - routeSlack);
      if (second.figures.score < enough) continue;
      const hope = hopeOf(
        answers(results, first.candidate.key, shared),
        answers(results, second.candidate.key, shared),
        goal,
      );
      const gain = compareByPreference(best.figures, hope.figures, goal.prefer);
      const nearer = hope.gap < shortfall(best.figures, "value") - 1e-9;
      if (!nearer && (hope.gap > shortfall(best.figures, "value") + 1e-9 || gain <= 0)) continue;
      pairs.push({ keys: [first.candidate.key, second.candidate.key], gap: hope.gap, gain });
    }
  }
  pairs.sort((a, b) => a.gap - b.gap || b.gain - a.gain);
  const keys = new Set<string>();
  for (const { keys: pair } of pairs) {
    if (new Set([...keys, ...pair]).size > mostSteps) continue;
    for (const key of pair) keys.add(key);
  }
  return [...keys];
}

/** Of a first that can't say how sure it is no cascade can be made, but a route. */
function hopeOf(first: readonly Measured[], second: readonly Measured[], goal: Goal) {
  if (first.some(({ confidence }) => confidence !== null)) return cascadeHope(first, second, goal);
  const free = first.map(() => ({ latencyMs: 0, costMicroUsd: 0 }));
  const figures = routeHope(first, second, free, goal);
  return { gap: shortfall(figures, "value"), figures };
}
