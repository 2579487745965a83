import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dequantize, FILE_BLOCKS, type FileType } from "./dequantize.ts";
import { f16ToF32, f32ToF16 } from "./f16.ts";
import { quantizeRows } from "./quantize.ts";

interface Fixture {
  readonly blocks: Readonly<Record<string, { readonly bytes: string; readonly values: string }>>;
  readonly quantized: { readonly values: string; readonly q8_0: string; readonly q4_0: string };
}

// A file of this repository, of the shape above.
const fixture: Fixture = JSON.parse(readFileSync(new URL("./fixtures/ggml-blocks.json", import.meta.url), "utf8"));

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer);

const isFileType = (name: string): name is FileType => name in FILE_BLOCKS;

describe("dequantize", () => {
  const types = Object.keys(fixture.blocks).filter(isFileType);

  it("is checked for every block type", () => {
    const floats = ["f32", "f16", "bf16"];
    expect([...types, ...floats].sort()).toEqual(Object.keys(FILE_BLOCKS).sort());
  });

  it.each(types)("%s blocks mean what ggml says", (type) => {
    const { bytes, values } = fixture.blocks[type]!;
    const expected = floatsOf(values);
    const actual = new Float32Array(expected.length).fill(Number.NaN);
    dequantize(type, bytesOf(bytes), actual);
    const unsignedZeros = (floats: Float32Array) => floats.map((value) => value + 0);
    expect(unsignedZeros(actual)).toEqual(unsignedZeros(expected));
  });

  it("reads floats at any address", () => {
    const values = Float32Array.of(1, -2.5, 0.00001, 65504, -0, 3.140625);
    for (const type of ["f32", "f16", "bf16"] as const) {
      const bytes = quantizeRows(type, values);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      const [straight, moved] = [new Float32Array(values.length), new Float32Array(values.length)];
      dequantize(type, bytes, straight);
      dequantize(type, shifted.subarray(1), moved);
      expect(moved).toEqual(straight);
      const digits = { f32: 0, f16: 2 ** -11, bf16: 2 ** -8 }[type];
      straight.forEach((value, i) => {
        expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) * digits + 2 ** -25);
      });
    }
  });

  it("refuses a cut-off block and too small a target", () => {
    expect(() => dequantize("q8_0", new Uint8Array(35), new Float32Array(64))).toThrow(/do not fit/);
    expect(() => dequantize("q8_0", new Uint8Array(68), new Float32Array(32))).toThrow(/do not fit/);
  });
});

describe("quantizeRows", () => {
  it.each(["q8_0", "q4_0"] as const)("%s gives ggml's bytes", (type) => {
    const actual = quantizeRows(type, floatsOf(fixture.quantized.values));
    expect(Buffer.from(actual).toString("base64")).toBe(fixture.quantized[type]);
  });

  it("keeps q8_0 values within half a step", () => {
    const block = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(block, (list) => {
        const values = Float32Array.from(list);
        const restored = new Float32Array(32);
        dequantize("q8_0", quantizeRows("q8_0", values), restored);
        const peak = Math.max(...list.map(Math.abs));
        // Half a step of rounding, and a half's rounding of the step itself.
        const bound = (peak / 127) * 0.5 + peak * 2 ** -11 + 127 * 2 ** -25 + 1e-12;
        restored.forEach((value, i) => {
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(bound * 1.001);
        });
      }),
    );
  });

  it("rounds halves to even, keeps infinities and NaN", () => {
    for (let half = 0; half < 65536; half++) {
      const value = f16ToF32(half);
      if (Number.isNaN(value)) expect(Number.isNaN(f16ToF32(f32ToF16(value)))).toBe(true);
      else if (f32ToF16(value) !== half) expect.fail(`half ${half} came back as ${f32ToF16(value)}`);
    }
    expect(f32ToF16(1 + 2 ** -11)).toBe(f32ToF16(1));
    expect(f32ToF16(1 + 3 * 2 ** -11)).toBe(f32ToF16(1 + 2 ** -9));
    expect(f32ToF16(65519)).toBe(f32ToF16(65504));
    expect(f16ToF32(f32ToF16(65520))).toBe(Number.POSITIVE_INFINITY);
    expect(f32ToF16(2 ** -25)).toBe(0);
    expect(f32ToF16(2 ** -25 * 1.0001)).toBe(1);
  });
});
