import { expect, it } from "vitest";
import { explain, type Work } from "./explain.ts";

const peaks = { bandwidth: 10, arithmetic: 100 };
const prefill: Work = { kind: "layers, prefill", ms: 1000, operations: 80, bytes: 1, msPerRequest: 600 };
const decode: Work = { kind: "layers, decode", ms: 20, operations: 0.4, bytes: 0.18, msPerRequest: 300 };
const head: Work = { kind: "head and sampling", ms: 10, operations: 0.1, bytes: 0.01, msPerRequest: 100 };

it("says which peak each kind of work is near", () => {
  const { binds, slowest, work } = explain(peaks, [prefill, decode, head]);
  expect(work.map((one) => one.binds)).toEqual(["arithmetic", "memory bandwidth", "neither"]);
  expect(work[0]?.arithmeticShare).toBeCloseTo(0.8);
  expect(work[1]?.bandwidthShare).toBeCloseTo(0.9);
  expect(work.map(({ share }) => share)).toEqual([0.6, 0.3, 0.1]);
  expect([slowest, binds]).toEqual(["layers, prefill", "arithmetic"]);
});

it("says what one more worker brings: a pipeline is as fast as its slowest part", () => {
  const { apart, together, work } = explain(peaks, [prefill, decode, head]);
  expect(together).toBe(1);
  expect(apart).toBeCloseTo(1000 / 600);
  // Prefill in half the time: then it waits for nobody.
  expect(work.map(({ gain }) => gain)).toEqual([2, 1, 1]);
  const even = explain(peaks, [prefill, { ...decode, msPerRequest: 500 }]);
  expect(even.work.map(({ gain }) => gain)).toEqual([1.2, 1]);
});
