import type { TensorType } from "../tensor-types.ts";
import { floatToHalf } from "./half.ts";

/** Types that weights can be written in. */
export const encodedTypes = ["f32", "f16", "q8_0", "q4_0"] as const satisfies readonly TensorType[];
export type EncodedType = (typeof encodedTypes)[number];

/** Encodes a whole number of blocks: `bytes` must have the room that the type takes for `values`. */
export type Encoder = (values: Float32Array, bytes: Uint8Array) => void;

export const encoders: Readonly<Record<EncodedType, Encoder>> = {
  f32: encodeF32,
  f16: encodeF16,
  q8_0: quantizeQ8_0,
  q4_0: quantizeQ4_0,
};

function encodeF32(values: Float32Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] ?? 0, true);
}

function encodeF16(values: Float32Array, bytes: Uint8Array): void {
  for (let i = 0; i < values.length; i++) {
    const half = floatToHalf(values[i] ?? 0);
    bytes[i * 2] = half;
    bytes[i * 2 + 1] = half >>> 8;
  }
}

/** Blocks of 32: a half scale d = max|x| / 127 and 32 signed bytes. As ggml's `quantize_row_q8_0_ref`, bit by bit. */
export function quantizeQ8_0(values: Float32Array, bytes: Uint8Array): void {
  for (let block = 0; block * 32 < values.length; block++) {
    const first = block * 32;
    let largest = 0;
    for (let i = first; i < first + 32; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    const out = block * 34;
    const half = floatToHalf(scale);
    bytes[out] = half;
    bytes[out + 1] = half >>> 8;
    for (let i = 0; i < 32; i++) {
      const scaled = Math.fround((values[first + i] ?? 0) * inverse);
      // C's roundf: halves go away from zero.
      bytes[out + 2 + i] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    }
  }
}

/**
 * Blocks of 32: a half scale d = (the value of largest magnitude) / -8 and 32 nibbles q with value d·(q - 8); byte i
 * holds values i (low) and i + 16 (high). As ggml's `quantize_row_q4_0_ref`, bit by bit.
 */
export function quantizeQ4_0(values: Float32Array, bytes: Uint8Array): void {
  for (let block = 0; block * 32 < values.length; block++) {
    const first = block * 32;
    let largest = 0;
    let extreme = 0;
    for (let i = first; i < first + 32; i++) {
      const value = values[i] ?? 0;
      if (Math.abs(value) > largest) {
        largest = Math.abs(value);
        extreme = value;
      }
    }
    const scale = Math.fround(extreme / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    const out = block * 18;
    const half = floatToHalf(scale);
    bytes[out] = half;
    bytes[out + 1] = half >>> 8;
    for (let i = 0; i < 16; i++) {
      const low = nibble(values[first + i] ?? 0, inverse);
      const high = nibble(values[first + 16 + i] ?? 0, inverse);
      bytes[out + 2 + i] = low | (high << 4);
    }
  }
}

function nibble(value: number, inverse: number): number {
  return Math.min(15, Math.trunc(Math.fround(Math.fround(value * inverse) + 8.5)));
}
