import type { Values } from "../domain/tasks/examples.ts";
import { scoreAnswer } from "../domain/tasks/score.ts";

/**
 * Of several drawn answers the one that agrees most with the others, by the task's own measure: self-consistency (Wang et
 * al. 2022) where answers are right or wrong, least expected loss (Kumar and Byrne 2004) where they are more or less right.
 * @returns its place and how far the others agree with it, from 0 to 1; undefined where no answer is valid
 */
export function mostAgreed(
  outputs: readonly (Values | undefined)[],
  measure: string,
): { readonly at: number; readonly agreement: number } | undefined {
  let best: { at: number; agreement: number } | undefined;
  for (const [at, own] of outputs.entries()) {
    if (own === undefined) continue;
    const others = outputs.filter((_, i) => i !== at);
    const sum = others.reduce(
      (total, other) => total + (other === undefined ? 0 : scoreAnswer(measure, own, other)),
      0,
    );
    const agreement = others.length === 0 ? 1 : sum / others.length;
    if (best === undefined || agreement > best.agreement + 1e-9) best = { at, agreement };
  }
  return best;
}
