import fc from "fast-check";
import { expect, it } from "vitest";
import { bootstrap, pairedBootstrap } from "./bootstrap.ts";
import { holm } from "./holm.ts";
import { mcnemar } from "./mcnemar.ts";
import { signFlip } from "./sign-flip.ts";
import { wilson } from "./wilson.ts";

it("gives Wilson's interval: where the score test just rejects", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
      const { high, low, score } = wilson(Math.round(share * count), count);
      for (const bound of [low, high]) {
        if (bound === score) continue;
        const z = Math.abs(score - bound) / Math.sqrt((bound * (1 - bound)) / count);
        expect(z).toBeCloseTo(1.959964, 4);
      }
      expect(high - low).toBeGreaterThan(0);
    }),
  );
});

it("gives McNemar's exact p, a probability, the same from either side", () => {
  // (1 + 12 + 66) of 2^12 ways, twice.
  expect(mcnemar(10, 2)).toBeCloseTo((2 * 79) / 4096, 12);
  expect(mcnemar(0, 0)).toBe(1);
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), (a, b) => {
      const p = mcnemar(a, b);
      expect(p).toBeGreaterThanOrEqual(0);
      expect(p).toBeLessThanOrEqual(1);
      expect(mcnemar(b, a)).toBeCloseTo(p, 12);
    }),
  );
});

it("holds the score within every interval, whatever the values", () => {
  const scores = fc.array(fc.constantFrom(0, 0.25, 1, 7.5, -3), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(scores, (values) => {
      const { high, low, score } = bootstrap(values, 200);
      expect(low).toBeLessThanOrEqual(score);
      expect(high).toBeGreaterThanOrEqual(score);
    }),
    { numRuns: 50 },
  );
});

it("sees pairs: a small difference everywhere is certain", () => {
  const b = Array.from({ length: 30 }, (_, i) => i / 30);
  const a = b.map((value) => value + 0.05);
  expect(pairedBootstrap(a, b).low).toBeCloseTo(0.05, 6);
  expect(signFlip(a, b)).toBeLessThan(0.01);
  expect(signFlip(b, b)).toBe(1);
  expect(() => pairedBootstrap([1], [])).toThrow("can't be paired");
});

it("never makes a p smaller by correcting it, and keeps their order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (ps) => {
      const corrected = holm(ps);
      ps.forEach((p, i) => {
        expect(corrected[i]).toBeGreaterThanOrEqual(p);
        ps.forEach((q, j) => {
          if (p < q) expect(corrected[i]).toBeLessThanOrEqual(corrected[j] ?? 0);
        });
      });
    }),
  );
});
