import fc from "fast-check";
import { expect, it } from "vitest";
import { ExactCache, exactKey } from "./exact-cache.ts";

const limits = { bytes: 100, bytesEach: 60, largest: 40 };

it("gives what was put until its time is over", () => {
  const cache = new ExactCache<string>(limits);
  expect(cache.get("a", 0)).toBeUndefined();
  cache.put("a", "one", "answer", 10, 100);
  expect(cache.get("a", 99)).toBe("answer");
  expect(cache.get("a", 100)).toBeUndefined();
  expect(cache.stats).toEqual({ answers: 0, bytes: 0, hits: 1, misses: 2 });
});

it("forgets what was used the longest ago, of whoever has too much", () => {
  const cache = new ExactCache<number>(limits);
  cache.put("theirs", "two", 0, 30, 1e9);
  for (let i = 0; i < 10; i++) {
    cache.put(`mine ${i}`, "one", i, 20, 1e9);
    cache.get("mine 0", 0);
  }
  expect(cache.get("theirs", 0)).toBe(0);
  expect(cache.get("mine 0", 0)).toBe(0);
  expect(cache.get("mine 9", 0)).toBe(9);
  expect(cache.get("mine 5", 0)).toBeUndefined();
  cache.put("huge", "one", 1, 41, 1e9);
  expect(cache.get("huge", 0)).toBeUndefined();
});

it("never holds more than its limits, and counts what it holds", () => {
  const put = fc.record({
    key: fc.integer({ min: 0, max: 15 }),
    organization: fc.integer({ min: 0, max: 3 }),
    bytes: fc.integer({ min: 1, max: 50 }),
    ttl: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(put, { maxLength: 80 }), (puts) => {
      const cache = new ExactCache<{ bytes: number; organization: number }>(limits);
      const seen = new Set<string>();
      puts.forEach(({ bytes, key, organization, ttl }, now) => {
        // As in a real key, the organization is a part of it.
        const name = `${organization} ${key}`;
        seen.add(name);
        cache.put(name, String(organization), { bytes, organization }, bytes, now + ttl);
        expect(cache.stats.bytes).toBeLessThanOrEqual(limits.bytes);
      });
      const found = [...seen].flatMap((key) => cache.get(key, 0) ?? []);
      expect(found.reduce((sum, one) => sum + one.bytes, 0)).toBe(cache.stats.bytes);
      for (let id = 0; id <= 3; id++) {
        const own = found.filter(({ organization }) => organization === id);
        expect(own.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(limits.bytesEach);
      }
    }),
  );
});

it("knows requests by what they say, not by the order in which they say it", () => {
  expect(exactKey({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(exactKey({ b: { c: [1, 2] }, a: 1 }));
  expect(exactKey({ a: [1, 2] })).not.toBe(exactKey({ a: [2, 1] }));
  expect(exactKey({ a: new Map([["x", 1]]) })).not.toBe(exactKey({ a: new Map([["x", 2]]) }));
  expect(exactKey({ a: "1" })).not.toBe(exactKey({ a: 1 }));
});
