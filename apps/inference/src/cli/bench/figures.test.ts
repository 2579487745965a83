import fc from "fast-check";
import { expect, it } from "vitest";
import { figure, median } from "./figures.ts";

it("takes the middle", () => {
  expect(median([])).toBeNull();
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it("has as many values above as below", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
      const middle = median(values) ?? 0;
      const below = values.filter((value) => value < middle).length;
      const above = values.filter((value) => value > middle).length;
      expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

it("turns the ratio so that above 1 is better", () => {
  expect(figure("speed", "tokens/s", "more", [100], [50]).ratio).toBe(2);
  expect(figure("memory", "MB", "less", [100], [50]).ratio).toBe(0.5);
  expect(figure("alone", "MB", "less", [100])).toEqual({
    name: "alone",
    unit: "MB",
    ours: 100,
    peer: null,
    ratio: null,
  });
  expect(figure("broken", "ms", "less", [0], [50]).ratio).toBeNull();
});
