import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linePath, niceCeiling } from "./chart-geometry.ts";

describe("niceCeiling", () => {
  it("is never below the value and never more than 2.5 times it", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        const top = niceCeiling(value);
        expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(top).toBeLessThanOrEqual(value * 2.5);
      }),
    );
  });

  it("gives round tops", () => {
    expect([0, 1, 1.2, 2.3, 4, 7, 130].map(niceCeiling)).toEqual([1, 1, 2, 2.5, 5, 10, 200]);
  });
});

describe("linePath", () => {
  const frame = { width: 100, height: 10, min: 0, max: 2 };
  it("draws up for larger values, from edge to edge", () => {
    expect(linePath([0, 1, 2], frame)).toBe("M0.00,10.00L50.00,5.00L100.00,0.00");
  });
  it("has nothing to draw with one value", () => {
    expect(linePath([1], frame)).toBe("");
  });
});
