import fc from "fast-check";
import { expect, it } from "vitest";
import { crashesAfter, restartDelayMs } from "./backoff.ts";

it("doubles from a quarter of a second to half a minute", () => {
  expect([1, 2, 3, 4, 8, 50].map(restartDelayMs)).toEqual([250, 500, 1000, 2000, 30_000, 30_000]);
});

it("never shortens while a worker keeps dying", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (n) => restartDelayMs(n + 1) >= restartDelayMs(n)));
});

it("forgives a worker that lived for a minute", () => {
  expect(crashesAfter(7, 59_999)).toBe(8);
  expect(crashesAfter(7, 60_000)).toBe(1);
});
