import { describe, expect, it } from "vitest";
import { type RopeScaling, ropeFrequencies, ropeTable, yarnMagnitude } from "./rope.ts";

const base = { style: "halves", dimensions: 8, base: 10_000 } as const;
const spec = (scaling: RopeScaling) => ({ ...base, scaling });
const plain = [1, 0.1, 0.01, 0.001];

function expectClose(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]! / value).toBeCloseTo(1, 10);
  });
}

describe("ropeFrequencies", () => {
  it("falls geometrically from 1", () => {
    expectClose(ropeFrequencies(spec({ kind: "none" }), 512), plain);
  });

  it("divides all by a linear factor, or each by its own", () => {
    expectClose(
      ropeFrequencies(spec({ kind: "linear", factor: 4 }), 512),
      plain.map((f) => f / 4),
    );
    const factors = [1, 2, 4, 8];
    expectClose(
      ropeFrequencies(spec({ kind: "factors", factors }), 512),
      plain.map((f, i) => f / factors[i]!),
    );
  });

  it("chooses LongRoPE's factors by the context that is served", () => {
    const scaling: RopeScaling = {
      kind: "longrope",
      short: [1, 1, 1, 1],
      long: [2, 2, 2, 2],
      originalContext: 64,
      magnitude: 1.2,
    };
    expectClose(ropeFrequencies(spec(scaling), 64), plain);
    expectClose(
      ropeFrequencies(spec(scaling), 65),
      plain.map((f) => f / 2),
    );
    expect(ropeTable(spec(scaling), 65)[0]).toBeCloseTo(1.2, 6);
  });

  it("leaves Llama 3's fast pairs alone, stretches the slow, and blends between", () => {
    const scaling: RopeScaling = {
      kind: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 64,
    };
    const [first, second, , last] = ropeFrequencies(spec(scaling), 512);
    // 64 / 2π ≈ 10.2 turns: above 4. 1.02 turns: just above 1. 0.01 turns: below 1.
    expect(first).toBe(1);
    const smooth = (6.4 / (2 * Math.PI) - 1) / 3;
    expect(second).toBeCloseTo(((1 - smooth) * 0.1) / 8 + smooth * 0.1, 12);
    expect(last).toBeCloseTo(0.001 / 8, 12);
  });

  it("ramps YaRN from the pairs that turn often to those that hardly turn", () => {
    const scaling: RopeScaling = {
      kind: "yarn",
      factor: 4,
      originalContext: 256,
      betaFast: 32,
      betaSlow: 1,
      magnitude: yarnMagnitude(4),
    };
    const frequencies = ropeFrequencies(spec(scaling), 1024);
    // Pair 0.10 turns 32 times, pair 1.61 once: the ramp goes from 0 to 2.
    expectClose(frequencies, [1, 0.1 * (0.5 + 0.5 / 4), 0.01 / 4, 0.001 / 4]);
    expect(yarnMagnitude(4)).toBeCloseTo(1.1386294, 6);
    expect(yarnMagnitude(1)).toBe(1);
  });
});

describe("ropeTable", () => {
  it("stays exact far out, where f32 angles are not", () => {
    const table = ropeTable(spec({ kind: "none" }), 100_001);
    expect(table[100_000 * 8]).toBe(Math.fround(Math.cos(100_000)));
    expect(table[100_000 * 8 + 3]).toBe(Math.fround(Math.sin(10_000.000000000002)));
  });
});
