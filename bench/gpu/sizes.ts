import type { Product, ProductEffort } from "./product.ts";
import type { BenchType } from "./weights.ts";

export interface Sizes {
  /** `sizes` in bytes of each of the two buffers. */
  readonly copy: { readonly sizes: readonly number[]; readonly repeats: number; readonly runs: number };
  readonly products: readonly Product[];
  readonly effort: ProductEffort;
}

const MIB = 2 ** 20;
const INTEGER_AND_HALF = ["f16", "q8_0", "q4_0"] as const satisfies readonly BenchType[];

/** For a GPU: larger than any card's caches. */
export const FULL: Sizes = {
  copy: { sizes: [128 * MIB, 256 * MIB, 512 * MIB, 1024 * MIB], repeats: 8, runs: 9 },
  products: [
    ...INTEGER_AND_HALF.flatMap((type) => [4096, 32768].map((n) => ({ type, rows: 1, n, k: 4096 }))),
    ...(["f16", "q8_0"] as const).map((type) => ({ type, rows: 512, n: 4096, k: 4096 })),
  ],
  effort: { streamBytes: 256 * MIB, repeats: 4, runs: [5, 15], tryEvery: 1 },
};

/** For a check that everything works, on anything. */
export const SMALL: Sizes = {
  copy: { sizes: [4 * MIB, 16 * MIB], repeats: 1, runs: 2 },
  products: [
    ...INTEGER_AND_HALF.flatMap((type) => [256, 518].map((n) => ({ type, rows: 1, n, k: 512 }))),
    ...(["f16", "q8_0"] as const).map((type) => ({ type, rows: 21, n: 70, k: 256 })),
  ],
  effort: { streamBytes: 0, repeats: 1, runs: [1, 1], tryEvery: 6 },
};
