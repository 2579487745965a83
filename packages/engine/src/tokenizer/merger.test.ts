import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Merger, type Merges } from "./merger.ts";
import { PairTable } from "./pair-table.ts";

/** Merges among the symbols 0 to 9: pair (a, b) has rank `ranks[a * 10 + b]`, and −1 never joins. */
function merges(ranks: readonly number[]): Merges {
  return {
    find: (left, right) => ((ranks[left * 10 + right] ?? -1) < 0 ? -1 : left * 10 + right),
    rank: (merge) => ranks[merge] ?? 0,
    result: (merge) => (merge * 7 + 3) % 10,
  };
}

/** The definition: look at all pairs, join the best, leftmost first, and look again. */
function naive(symbols: readonly number[], rules: Merges): number[] {
  const word = [...symbols];
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < word.length; i++) {
      const merge = rules.find(word[i]!, word[i + 1]!);
      if (merge >= 0 && rules.rank(merge) < bestRank) {
        best = i;
        bestRank = rules.rank(merge);
      }
    }
    if (best < 0) return word;
    word.splice(best, 2, rules.result(rules.find(word[best]!, word[best + 1]!)));
  }
}

describe("Merger", () => {
  it("joins what a naive search joins", () => {
    const merger = new Merger();
    const digit = fc.integer({ min: 0, max: 9 });
    const rank = fc.integer({ min: -30, max: 20 });
    fc.assert(
      fc.property(
        fc.array(digit, { maxLength: 60 }),
        fc.array(rank, { minLength: 100, maxLength: 100 }),
        (word, ranks) => {
          const symbols = Int32Array.from(word);
          const count = merger.run(symbols, word.length, merges(ranks));
          expect([...symbols.subarray(0, count)]).toEqual(naive(word, merges(ranks)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("serves a long word and then a short one", () => {
    const merger = new Merger();
    const all = merges(Array.from({ length: 100 }, () => 1));
    expect(merger.run(new Int32Array(1_000_000), 1_000_000, all)).toBe(1);
    expect(merger.run(Int32Array.of(1, 2, 3), 3, all)).toBe(1);
  });
});

describe("PairTable", () => {
  it("is a map of pairs", () => {
    const key = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key, fc.nat()), { maxLength: 200 }), (entries) => {
        const table = new PairTable(4);
        const map = new Map<string, number>();
        for (const [left, right, value] of entries) {
          table.set(left, right, value);
          map.set(`${left} ${right}`, value);
        }
        expect(table.size).toBe(map.size);
        for (const [left, right] of entries) {
          expect(table.get(left, right)).toBe(map.get(`${left} ${right}`));
          expect(table.get(right, left)).toBe(map.get(`${right} ${left}`) ?? -1);
        }
        table.clear();
        expect([table.size, ...entries.map(([left, right]) => table.get(left, right))].every((v) => v <= 0)).toBe(true);
      }),
    );
  });
});
