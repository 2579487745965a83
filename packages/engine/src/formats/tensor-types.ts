/**
 * How numbers lie in a file: `block` consecutive values of a row take `bytes` bytes. Names and sizes of the ggml types
 * are those of ggml.h (`enum ggml_type`, `QK*`, `block_*`); the plain ones also cover safetensors' dtypes.
 */
export const tensorTypes = {
  f64: { block: 1, bytes: 8 },
  f32: { block: 1, bytes: 4 },
  f16: { block: 1, bytes: 2 },
  bf16: { block: 1, bytes: 2 },
  f8_e4m3: { block: 1, bytes: 1 },
  f8_e5m2: { block: 1, bytes: 1 },
  i64: { block: 1, bytes: 8 },
  i32: { block: 1, bytes: 4 },
  i16: { block: 1, bytes: 2 },
  i8: { block: 1, bytes: 1 },
  u64: { block: 1, bytes: 8 },
  u32: { block: 1, bytes: 4 },
  u16: { block: 1, bytes: 2 },
  u8: { block: 1, bytes: 1 },
  bool: { block: 1, bytes: 1 },
  q1_0: { block: 128, bytes: 18 },
  q4_0: { block: 32, bytes: 18 },
  q4_1: { block: 32, bytes: 20 },
  q5_0: { block: 32, bytes: 22 },
  q5_1: { block: 32, bytes: 24 },
  q8_0: { block: 32, bytes: 34 },
  q8_1: { block: 32, bytes: 36 },
  q2_K: { block: 256, bytes: 84 },
  q3_K: { block: 256, bytes: 110 },
  q4_K: { block: 256, bytes: 144 },
  q5_K: { block: 256, bytes: 176 },
  q6_K: { block: 256, bytes: 210 },
  q8_K: { block: 256, bytes: 292 },
  iq1_s: { block: 256, bytes: 50 },
  iq1_m: { block: 256, bytes: 56 },
  iq2_xxs: { block: 256, bytes: 66 },
  iq2_xs: { block: 256, bytes: 74 },
  iq2_s: { block: 256, bytes: 82 },
  iq3_xxs: { block: 256, bytes: 98 },
  iq3_s: { block: 256, bytes: 110 },
  iq4_nl: { block: 32, bytes: 18 },
  iq4_xs: { block: 256, bytes: 136 },
  tq1_0: { block: 256, bytes: 54 },
  tq2_0: { block: 256, bytes: 66 },
  mxfp4: { block: 32, bytes: 17 },
  nvfp4: { block: 64, bytes: 36 },
} as const satisfies Readonly<Record<string, { readonly block: number; readonly bytes: number }>>;

export type TensorType = keyof typeof tensorTypes;

/** ggml's numbers for its types, as they stand in a GGUF tensor record. Gaps are types that ggml has removed. */
export const ggmlTypeIds: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  [0, "f32"],
  [1, "f16"],
  [2, "q4_0"],
  [3, "q4_1"],
  [6, "q5_0"],
  [7, "q5_1"],
  [8, "q8_0"],
  [9, "q8_1"],
  [10, "q2_K"],
  [11, "q3_K"],
  [12, "q4_K"],
  [13, "q5_K"],
  [14, "q6_K"],
  [15, "q8_K"],
  [16, "iq2_xxs"],
  [17, "iq2_xs"],
  [18, "iq3_xxs"],
  [19, "iq1_s"],
  [20, "iq4_nl"],
  [21, "iq3_s"],
  [22, "iq2_s"],
  [23, "iq4_xs"],
  [24, "i8"],
  [25, "i16"],
  [26, "i32"],
  [27, "i64"],
  [28, "f64"],
  [29, "iq1_m"],
  [30, "bf16"],
  [34, "tq1_0"],
  [35, "tq2_0"],
  [39, "mxfp4"],
  [40, "nvfp4"],
  [41, "q1_0"],
]);

/** Types that once were in ggml and no longer are; files with them need another conversion. */
export const removedGgmlTypes: ReadonlyMap<number, string> = new Map([
  [4, "q4_2"],
  [5, "q4_3"],
  [31, "q4_0_4_4"],
  [32, "q4_0_4_8"],
  [33, "q4_0_8_8"],
  [36, "iq4_nl_4_4"],
  [37, "iq4_nl_4_8"],
  [38, "iq4_nl_8_8"],
]);

/** Bytes that a row of `columns` values takes. `columns` must be a multiple of the type's block. */
export function rowBytes(type: TensorType, columns: number): number {
  const { block, bytes } = tensorTypes[type];
  return (columns / block) * bytes;
}
