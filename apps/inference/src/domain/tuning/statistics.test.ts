import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrap, luck, mcnemar, pairedBootstrap, signFlip, wilson } from "./statistics.ts";
import { compare } from "./verdict.ts";

describe("statistics", () => {
  it("gives Wilson's interval: where the score test just rejects", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
        const hits = Math.round(share * count);
        const { high, low, score } = wilson(hits, count);
        for (const bound of [low, high]) {
          if (bound === score) continue;
          const z = Math.abs(score - bound) / Math.sqrt((bound * (1 - bound)) / count);
          expect(z).toBeCloseTo(1.959964, 4);
        }
        expect(high - low).toBeGreaterThan(0);
      }),
    );
  });

  it("gives McNemar's exact p: both tails of a fair coin", () => {
    // (1 + 12 + 66) of 2^12 ways, twice; (1 + 10) of 2^10; 1 of 2^5.
    expect(mcnemar(10, 2)).toBeCloseTo((2 * 79) / 4096, 12);
    expect(mcnemar(1, 9)).toBeCloseTo((2 * 11) / 1024, 12);
    expect(mcnemar(0, 5)).toBeCloseTo(2 / 32, 12);
    expect(mcnemar(0, 0)).toBe(1);
  });

  it("is a probability, the same from either side, for any counts", () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (a, b) => {
        const p = mcnemar(a, b);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(mcnemar(b, a)).toBeCloseTo(p, 12);
      }),
    );
  });

  it("holds the score within every interval", () => {
    const scores = fc.array(fc.constantFrom(0, 0.25, 1), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(scores, (values) => {
        const { high, low, score } = bootstrap(values, 200);
        expect(low).toBeLessThanOrEqual(score);
        expect(high).toBeGreaterThanOrEqual(score);
      }),
    );
  });

  it("sees pairs: a small difference everywhere is certain", () => {
    const b = Array.from({ length: 30 }, (_, i) => i / 30);
    const a = b.map((value) => value + 0.05);
    expect(pairedBootstrap(a, b).low).toBeCloseTo(0.05, 6);
    expect(signFlip(a, b)).toBeLessThan(0.01);
    expect(signFlip(b, b)).toBe(1);
  });

  it("says a p as odds", () => {
    expect(luck(0.02)).toBe("be luck 1 time in 50");
    expect(luck(0.3)).toBe("be luck 1 time in 3");
    expect(luck(0.8)).toBe("easily be luck");
    expect(luck(0.00001)).toContain("less than 1 time in 10,000");
  });
});

describe("the verdict", () => {
  const scores = (right: number, of = 40) => Array.from({ length: of }, (_, i) => (i < right ? 1 : 0));

  it("is better when it hardly can be luck", () => {
    const { p, sentence, verdict } = compare(scores(34), { name: "5-shot", scores: scores(20) }, [], true);
    expect(verdict).toBe("better");
    expect(p).toBeLessThan(0.001);
    expect(sentence).toMatch(
      /^Better by 35 points than 5-shot; with 40 held-out examples this could be luck 1 time in/,
    );
  });

  it("is unsure when it may be luck, and not better when it isn't", () => {
    expect(compare(scores(22), { name: "zero-shot", scores: scores(20) }, [], true).verdict).toBe("unsure");
    expect(compare(scores(20), { name: "zero-shot", scores: scores(20) }, [], true).verdict).toBe("not better");
    expect(compare(scores(10), { name: "zero-shot", scores: scores(20) }, [], true).sentence).toContain("Worse by 25");
  });

  it("says first when something plain does as well", () => {
    const plain = [{ name: "linear classifier", scores: scores(36) }];
    const { sentence, verdict } = compare(scores(34), { name: "zero-shot", scores: scores(10) }, plain, true);
    expect(verdict).toBe("better");
    expect(sentence).toMatch(/^A linear classifier does better than the tuned model/);
  });
});
