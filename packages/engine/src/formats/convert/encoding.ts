import { dequantize, FILE_BLOCKS, type FileType, type QuantizedType } from "@tugboat/kernels";
import { FormatError } from "../errors.ts";
import { type TensorType, tensorTypes } from "../tensor-types.ts";

/** Types that weights can be written in. */
export const encodedTypes = ["f32", "f16", "bf16", "q8_0", "q4_0"] as const satisfies readonly QuantizedType[];
export type EncodedType = (typeof encodedTypes)[number];

/** Decodes a whole number of blocks into as many floats. */
export type Decoder = (bytes: Uint8Array, values: Float32Array) => void;

/** @throws FormatError `unsupported` for a type that cannot be converted from. */
export function decoderOf(type: TensorType, tensor: string): Decoder {
  if (isDecodable(type)) return (bytes, values) => dequantize(type, bytes, values);
  throw new FormatError(
    "unsupported",
    `${tensor} is stored as ${type}, which cannot be converted`,
    `Start from a model in ${Object.keys(FILE_BLOCKS).join(", ")}.`,
  );
}

function isDecodable(type: TensorType): type is FileType {
  return type in FILE_BLOCKS;
}

/** `wanted` where its blocks fit the rows, else f16, as llama.cpp's converter falls back. */
export function fittingType(wanted: EncodedType, columns: number): EncodedType {
  return columns % tensorTypes[wanted].block === 0 ? wanted : "f16";
}
