import type { GgufValue } from "../gguf-metadata.ts";

/** Short forms for the values of a GGUF file's metadata. */
export const u32 = (value: number): GgufValue => ({ type: "u32", value });
export const f32 = (value: number): GgufValue => ({ type: "f32", value });
export const bool = (value: boolean): GgufValue => ({ type: "bool", value });
export const text = (value: string): GgufValue => ({ type: "string", value });
export const texts = (value: readonly string[]): GgufValue => ({ type: "array", of: "string", value });
export const i32s = (value: readonly number[]): GgufValue => ({
  type: "array",
  of: "i32",
  value: Int32Array.from(value),
});
export const f32s = (value: readonly number[]): GgufValue => ({
  type: "array",
  of: "f32",
  value: Float32Array.from(value),
});
