import fc from "fast-check";
import { expect, it } from "vitest";
import { dollarsText, microUsdOf, money } from "./money.ts";

it("writes dollars so that a small amount is still seen", () => {
  expect([0, 5_000_000, 1_234_567, 99_000, 4_200, 3, 12_345_678_900].map(money)).toEqual([
    "$0.00",
    "$5.00",
    "$1.23",
    "$0.099",
    "$0.0042",
    "$0.000003",
    "$12,345.68",
  ]);
});

it("reads what it wrote into a field, to the micro-dollar", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (microUsd) => {
      expect(microUsdOf(dollarsText(microUsd))).toBe(microUsd);
    }),
  );
  expect(["", "x", "-1", "1.2345678", "1e3"].map(microUsdOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([" $5 ", "0,15"].map(microUsdOf)).toEqual([5_000_000, 150_000]);
});
