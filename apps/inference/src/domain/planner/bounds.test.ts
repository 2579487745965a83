import { seededRandom } from "@tugboat/statistics";
import fc from "fast-check";
import { expect, it } from "vitest";
import { meanBounds, normalQuantile, pairedBounds, quantile, quantileBounds } from "./bounds.ts";

it("knows the normal's quantiles (tables of Abramowitz and Stegun, 26.2)", () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.8, 0.8416212],
    [0.95, 1.6448536],
    [0.975, 1.959964],
    [0.001, -3.0902323],
    [0.9999, 3.7190165],
  ] as const) {
    expect(normalQuantile(p)).toBeCloseTo(z, 5);
  }
});

it("gives Wilson's interval for rights and wrongs (Newcombe 1998, table II: 81 of 263)", () => {
  const scores = Array.from({ length: 263 }, (_, i) => (i < 81 ? 1 : 0));
  const { high, low, value } = meanBounds(scores, 1.959964);
  expect([value, low, high].map((one) => Math.round(one * 1e4) / 1e4)).toEqual([0.308, 0.2553, 0.3662]);
});

it("holds the value between its bounds, whatever was measured", () => {
  const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
  fc.assert(
    fc.property(scores, fc.double({ min: 0.1, max: 3, noNaN: true }), (all, z) => {
      const { high, low, value } = meanBounds(all, z);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      const times = all.map((one) => one * 1000 + 1);
      const time = quantileBounds(times, 0.95, z);
      expect(time.low).toBeLessThanOrEqual(time.value);
      expect(time.high).toBeGreaterThanOrEqual(time.value);
      const paired = pairedBounds(all, [...all].reverse(), z);
      expect(paired.low).toBeLessThanOrEqual(paired.high);
    }),
    { numRuns: 1000 },
  );
});

it("covers the true p95 about as often as it says, with few times and with many", () => {
  const random = seededRandom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const truth = Math.exp(4 + normalQuantile(0.95) * 0.3);
  for (const n of [8, 21, 60, 200]) {
    let covered = 0;
    const rounds = 2000;
    for (let round = 0; round < rounds; round++) {
      const times = Array.from({ length: n }, () => Math.exp(4 + normal() * 0.3));
      if (quantileBounds(times, 0.95, normalQuantile(0.8)).high >= truth) covered++;
    }
    expect([n, covered / rounds > 0.75 && covered / rounds < 0.97]).toEqual([n, true]);
  }
});

it("takes quantiles between neighbours", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([5], 0.95)).toBe(5);
  expect(quantile([], 0.95)).toBe(0);
});
