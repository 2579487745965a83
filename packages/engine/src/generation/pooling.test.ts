import { expect, it } from "vitest";
import { Pool } from "./pooling.ts";

it("takes the mean of all rows, in whatever chunks they come, or the last one", () => {
  const mean = new Pool(2, "mean");
  mean.add(Float32Array.of(3, 0, 0, 8));
  mean.add(Float32Array.of(6, 4));
  // (9, 12) / 3, brought to length 1.
  expect([...mean.vector(2)]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
  expect([...mean.vector(1)]).toEqual([1]);
  const last = new Pool(2, "last");
  last.add(Float32Array.of(1, 1, 0, 0));
  last.add(Float32Array.of(-3, 4));
  expect([...last.vector(2)]).toEqual([expect.closeTo(-0.6, 6), expect.closeTo(0.8, 6)]);
  expect([...new Pool(2, "mean").vector(2)]).toEqual([0, 0]);
});
