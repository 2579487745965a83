import { expect, it } from "vitest";
import { bootstrap } from "./bootstrap.ts";
import { fairCoinCdf, incompleteBeta, normalCdf, normalQuantile, studentQuantile } from "./distributions.ts";
import fixtures from "./fixtures.json" with { type: "json" };
import { mcnemar } from "./mcnemar.ts";
import { wilson } from "./wilson.ts";

/** `apps/inference/oracle/scipy_figures.py` asked SciPy. */
const near = (own: number, theirs: number, tolerance = 1e-9) =>
  expect(Math.abs(own - theirs), `${own} for ${theirs}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(theirs)));

it("has the distributions of SciPy", () => {
  for (const [x = 0, p = 0] of fixtures.normalCdf) near(normalCdf(x), p, 1e-13);
  for (const [p = 0, x = 0] of fixtures.normalQuantile) near(normalQuantile(p), x, 1e-10);
  for (const [p = 0, n = 0, x = 0] of fixtures.studentQuantile) near(studentQuantile(p, n), x);
  for (const [k = 0, n = 0, p = 0] of fixtures.fairCoinCdf) near(fairCoinCdf(k, n), p, 1e-10);
  for (const [x = 0, a = 0, b = 0, p = 0] of fixtures.incompleteBeta) near(incompleteBeta(x, a, b), p, 1e-10);
});

it("has SciPy's Wilson intervals and exact tests", () => {
  for (const [hits = 0, count = 0, low = 0, high = 0] of fixtures.wilson) {
    const own = wilson(hits, count);
    near(own.low, low, 1e-7);
    near(own.high, high, 1e-7);
  }
  for (const [a = 0, b = 0, p = 0] of fixtures.mcnemar) near(mcnemar(a, b), p, 1e-10);
});

it("has SciPy's BCa interval, a little wider for few values", () => {
  for (const { high, low, values } of fixtures.bca) {
    const own = bootstrap(values, 20_000);
    const width = high - low;
    // Draws differ; the widening is that of Student's t.
    expect(Math.abs(own.low - low)).toBeLessThan(0.06 * width);
    expect(Math.abs(own.high - high)).toBeLessThan(0.08 * width);
    expect(own.high - own.low).toBeGreaterThan(0.98 * width);
  }
});
