import { expect, it } from "vitest";
import { shareAtLeast } from "./clopper-pearson.ts";

/** The probability of at least `hits` of `count`, summed term by term. */
function tail(hits: number, count: number, share: number): number {
  let term = (1 - share) ** count;
  let sum = hits === 0 ? term : 0;
  for (let k = 1; k <= count; k++) {
    term *= ((count - k + 1) / k) * (share / (1 - share));
    if (k >= hits) sum += term;
  }
  return sum;
}

it("is where the binomial tail is alpha", () => {
  for (const [hits, count] of [
    [1, 8],
    [7, 8],
    [30, 40],
    [95, 100],
  ] as const) {
    for (const alpha of [0.001, 0.05, 0.2]) {
      expect(tail(hits, count, shareAtLeast(hits, count, alpha))).toBeCloseTo(alpha, 8);
    }
  }
});

it("has closed forms at the ends", () => {
  expect(shareAtLeast(0, 20, 0.05)).toBe(0);
  expect(shareAtLeast(100, 100, 0.05)).toBeCloseTo(0.05 ** (1 / 100), 10);
});
