import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dollars, microUsdText, toMicroUsd } from "./money.ts";
import { batchPrice, entryFor, price, versionAt } from "./price.ts";

const rate = fc.integer({ min: 0, max: 1_000_000_000 });
const entries = fc.record({
  target: fc.constant("m"),
  input: rate,
  cachedInput: rate,
  output: rate,
  perHour: rate,
  marginBasisPoints: fc.integer({ min: 0, max: 100_000 }),
});
const tokens = fc.integer({ min: 0, max: 10_000_000 });
const uses = fc
  .record({
    inputTokens: tokens,
    cached: fc.double({ min: 0, max: 1, noNaN: true }),
    outputTokens: tokens,
    computeUs: fc.option(tokens),
  })
  .map(({ cached, ...use }) => ({ ...use, cachedTokens: Math.floor(use.inputTokens * cached) }));

describe("a price", () => {
  it("is the sum of its parts, whole and never negative", () => {
    fc.assert(
      fc.property(uses, entries, (use, entry) => {
        const { total, ...parts } = price(use, entry);
        expect(Object.values(parts).reduce((sum, part) => sum + part, 0n)).toBe(total);
        for (const part of Object.values(parts)) expect(part >= 0n).toBe(true);
      }),
    );
  });

  it("of tokens alone is additive: a bill of two requests is the bill of both together", () => {
    fc.assert(
      fc.property(uses, uses, entries, (a, b, entry) => {
        const plain = { ...entry, perHour: 0, marginBasisPoints: 0 };
        const both = {
          inputTokens: a.inputTokens + b.inputTokens,
          cachedTokens: a.cachedTokens + b.cachedTokens,
          outputTokens: a.outputTokens + b.outputTokens,
          computeUs: null,
        };
        expect(price(a, plain).total + price(b, plain).total).toBe(price(both, plain).total);
      }),
    );
  });

  it("of a batch's request is half, to the pico-dollar", () => {
    expect([0n, 1n, 2n, 999n].map(batchPrice)).toEqual([0n, 1n, 1n, 500n]);
  });

  it("does not fall when more is used", () => {
    fc.assert(
      fc.property(uses, entries, fc.integer({ min: 0, max: 1000 }), (use, entry, more) => {
        const bigger = { ...use, outputTokens: use.outputTokens + more, computeUs: (use.computeUs ?? 0) + more };
        expect(price(bigger, entry).total >= price(use, entry).total).toBe(true);
      }),
    );
  });

  it("is what the price list says: 1,000 tokens in, 200 of them cached, 500 out", () => {
    const entry = {
      target: "m",
      input: 150_000,
      cachedInput: 75_000,
      output: 600_000,
      perHour: 0,
      marginBasisPoints: 1_000,
    };
    const use = { inputTokens: 1_000, cachedTokens: 200, outputTokens: 500, computeUs: null };
    // 800 × 0.15 + 200 × 0.075 + 500 × 0.6 = 435 micro-dollars, and 10 % of it.
    expect(microUsdText(price(use, entry).total)).toBe("478.5");
    expect(toMicroUsd(price(use, entry).total)).toBe(479n);
    const hour = { ...entry, input: 0, cachedInput: 0, output: 0, perHour: 2_000_000, marginBasisPoints: 0 };
    expect(microUsdText(price({ ...use, computeUs: 1_800_000_000 }, hour).total)).toBe("1000000");
  });
});

describe("the price in force", () => {
  const at = (text: string) => new Date(text);
  const books = [
    { version: 1, effectiveFrom: at("2026-01-01T00:00:00Z") },
    { version: 2, effectiveFrom: at("2026-03-01T00:00:00Z") },
    { version: 3, effectiveFrom: at("2026-02-01T00:00:00Z") },
    { version: 4, effectiveFrom: at("2026-03-01T00:00:00Z") },
  ];

  it("is the one that began last, to the millisecond", () => {
    expect(versionAt(books, at("2025-12-31T23:59:59.999Z"))).toBeUndefined();
    expect(versionAt(books, at("2026-01-01T00:00:00.000Z"))?.version).toBe(1);
    expect(versionAt(books, at("2026-02-28T23:59:59.999Z"))?.version).toBe(3);
    expect(versionAt(books, at("2026-03-01T00:00:00.000Z"))?.version).toBe(4);
  });

  it("is the alias's before the model's before everything's", () => {
    const entry = (target: string) => ({
      target,
      input: 1,
      cachedInput: 1,
      output: 1,
      perHour: 0,
      marginBasisPoints: 0,
    });
    const all = ["*", "qwen", "support"].map(entry);
    expect(entryFor(all, "support", "qwen")?.target).toBe("support");
    expect(entryFor(all, "other", "qwen")?.target).toBe("qwen");
    expect(entryFor(all, "other", "else")?.target).toBe("*");
    expect(entryFor([entry("qwen")], "other", "else")).toBeUndefined();
  });
});

it("money is written for people", () => {
  expect([0n, 5_000_000n, 12n, 1_234_567n].map(dollars)).toEqual(["$0.00", "$5.00", "$0.000012", "$1.234567"]);
  expect([0n, 1n, 499_999n, 500_000n].map(toMicroUsd)).toEqual([0n, 0n, 0n, 1n]);
});
