import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relativeAccuracy, Sketch } from "./sketch.ts";

const values = fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { minLength: 1, maxLength: 300 });

function sketchOf(list: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of list) sketch.add(value);
  return sketch;
}

describe("a sketch", () => {
  it("tells every quantile within its accuracy", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
        const told = sketchOf(list).quantile(q) ?? Number.NaN;
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * relativeAccuracy * 1.000001);
      }),
    );
  });

  it("merges to what one sketch of everything is, in any order, also encoded", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = sketchOf([...a, ...b]).encode();
        const ab = sketchOf(a);
        ab.merge(sketchOf(b));
        expect(ab.encode()).toEqual(whole);
        const ba = Sketch.decode(sketchOf(b).encode());
        ba.mergeEncoded(sketchOf(a).encode());
        expect(ba.encode()).toEqual(whole);
        expect(ba.count).toBe(a.length + b.length);
      }),
    );
  });

  it("counts nothing that is not a duration", () => {
    const sketch = sketchOf([Number.NaN, -1, Number.POSITIVE_INFINITY]);
    expect([sketch.count, sketch.quantile(0.5)]).toEqual([0, undefined]);
  });

  it("refuses bytes that it did not write", () => {
    for (const bytes of [[], [9], [1], [1, 0, 3, 5], [1, 255, 255, 255, 255, 255, 255, 255, 255, 255]]) {
      expect(() => Sketch.decode(Uint8Array.from(bytes))).toThrow(RangeError);
    }
  });

  it("stays small: a million values over six decades", () => {
    const sketch = new Sketch();
    for (let i = 1; i <= 1_000_000; i++) sketch.add(i);
    expect(sketch.encode().length).toBeLessThan(4_000);
  });
});
