import { KernelError } from "../device.ts";
import type { WeightType } from "../ops/weight.ts";
import { FILE_BLOCKS } from "./dequantize.ts";
import { f32ToF16, roundToBrain, roundToHalf } from "./f16.ts";

/** The types that rows of f32 can be turned into here. */
export type QuantizedType = Extract<WeightType, "f32" | "f16" | "bf16" | "q8_0" | "q4_0">;

/**
 * Rows of f32 to the bytes of a model file. `values.length` is a multiple of the type's block.
 * q8_0 and q4_0 give the bytes of ggml's reference quantisers (`quantize_row_*_ref`).
 * @throws KernelError (`shape`)
 */
export function quantizeRows(type: QuantizedType, values: Float32Array): Uint8Array {
  const block = FILE_BLOCKS[type];
  if (values.length % block.inputs !== 0) {
    throw new KernelError("shape", `${values.length} values are no whole blocks of ${block.inputs} (${type})`);
  }
  const bytes = new Uint8Array((values.length / block.inputs) * block.bytes);
  switch (type) {
    case "f32":
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return bytes;
    case "f16":
      toHalves(values, new Uint16Array(bytes.buffer));
      return bytes;
    case "bf16":
      toBrains(values, new Uint16Array(bytes.buffer));
      return bytes;
    case "q8_0":
      quantizeQ8(values, bytes);
      return bytes;
    case "q4_0":
      quantizeQ4(values, bytes);
      return bytes;
    default:
      throw new KernelError("shape", `rows of f32 cannot be turned into ${String(type satisfies never)}`);
  }
}

// Two loops rather than one that is given the rounding: a call that is always the same is inlined, and far faster.
function toHalves(values: Float32Array, out: Uint16Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) out[i] = roundToHalf(words[i]!);
}

function toBrains(values: Float32Array, out: Uint16Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) out[i] = roundToBrain(words[i]!);
}

const { fround } = Math;

function quantizeQ8(values: Float32Array, out: Uint8Array): void {
  for (let from = 0, at = 0; from < values.length; from += 32, at += 34) {
    let peak = 0;
    for (let i = from; i < from + 32; i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > peak) peak = magnitude;
    }
    const d = fround(peak / 127);
    const inverse = d === 0 ? 0 : fround(1 / d);
    putHalf(out, at, d);
    for (let i = 0; i < 32; i++) out[at + 2 + i] = roundAway(fround(values[from + i]! * inverse));
  }
}

function quantizeQ4(values: Float32Array, out: Uint8Array): void {
  for (let from = 0, at = 0; from < values.length; from += 32, at += 18) {
    // The value of largest magnitude, sign kept, becomes −8: the range of nibbles is −8 … 7.
    let peak = 0;
    for (let i = from; i < from + 32; i++) if (Math.abs(values[i]!) > Math.abs(peak)) peak = values[i]!;
    const d = fround(peak / -8);
    const inverse = d === 0 ? 0 : fround(1 / d);
    putHalf(out, at, d);
    for (let i = 0; i < 16; i++) {
      const low = nibble(fround(values[from + i]! * inverse));
      const high = nibble(fround(values[from + 16 + i]! * inverse));
      out[at + 2 + i] = low | (high << 4);
    }
  }
}

function nibble(scaled: number): number {
  return Math.min(15, fround(scaled + 8.5) | 0);
}

/** C's roundf: halves go away from zero. */
function roundAway(value: number): number {
  return (value + (value < 0 ? -0.5 : 0.5)) | 0;
}

function putHalf(out: Uint8Array, at: number, value: number): void {
  const half = f32ToF16(value);
  out[at] = half & 255;
  out[at + 1] = half >> 8;
}
