import { FormatError } from "../errors.ts";
import type { TensorType } from "../tensor-types.ts";
import { halfTable } from "./half.ts";

/** Decodes a whole number of blocks into as many floats. */
export type Decoder = (bytes: Uint8Array, values: Float32Array) => void;

const decoders: Partial<Readonly<Record<TensorType, Decoder>>> = {
  f64: (bytes, values) => {
    const view = viewOf(bytes);
    for (let i = 0; i < values.length; i++) values[i] = view.getFloat64(i * 8, true);
  },
  f32: (bytes, values) => {
    const view = viewOf(bytes);
    for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true);
  },
  f16: (bytes, values) => {
    const halves = halfTable();
    for (let i = 0; i < values.length; i++) values[i] = halves[u16(bytes, i * 2)] ?? 0;
  },
  bf16: (bytes, values) => {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) words[i] = u16(bytes, i * 2) << 16;
  },
  q8_0: (bytes, values) => {
    const halves = halfTable();
    const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < values.length; i++) {
      const block = (i >>> 5) * 34;
      values[i] = (halves[u16(bytes, block)] ?? 0) * (signed[block + 2 + (i & 31)] ?? 0);
    }
  },
  q4_0: (bytes, values) => {
    const halves = halfTable();
    for (let i = 0; i < values.length; i++) {
      const block = (i >>> 5) * 18;
      const byte = bytes[block + 2 + (i & 15)] ?? 0;
      values[i] = (halves[u16(bytes, block)] ?? 0) * ((i & 16 ? byte >>> 4 : byte & 15) - 8);
    }
  },
};

/** @throws FormatError `unsupported` for a type that cannot be converted from. */
export function decoderOf(type: TensorType, tensor: string): Decoder {
  const decoder = decoders[type];
  if (decoder !== undefined) return decoder;
  throw new FormatError(
    "unsupported",
    `${tensor} is stored as ${type}, which cannot be converted`,
    `Start from a model in ${Object.keys(decoders).join(", ")}.`,
  );
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
