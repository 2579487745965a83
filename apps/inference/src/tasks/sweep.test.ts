import { expect, it } from "vitest";
import { worseBy } from "./sweep.ts";

it("stops a canary for what is clear, and for nothing else", () => {
  const before = { requests: 900, failed: 9, cached: 0, p95: 100 };
  expect(worseBy({ requests: 100, failed: 1, cached: 0, p95: 110 }, before)).toBeUndefined();
  expect(worseBy({ requests: 100, failed: 3, cached: 0, p95: 190 }, before)).toBeUndefined();
  expect(worseBy({ requests: 100, failed: 20, cached: 0, p95: 100 }, before)).toBe(
    "failed 20 % of its requests, against 1 %",
  );
  expect(worseBy({ requests: 100, failed: 0, cached: 0, p95: 250 }, before)).toBe(
    "is twice as slow: p95 250 ms, against 100 ms",
  );
  expect(worseBy({ requests: 50, failed: 0, cached: 0, p95: null }, { ...before, failed: 0 })).toBeUndefined();
});
