import type { Bench } from "../commands/bench.ts";
import { ProgressLine } from "../output.ts";
import { type Figure, figure } from "./figures.ts";
import { Side } from "./side.ts";

interface Product {
  readonly name: string;
  readonly type: "f32" | "f16" | "q8_0" | "q4_0";
  /** y [rows, n] = x [rows, k] · W [n, k]ᵀ */
  readonly rows: number;
  readonly n: number;
  readonly k: number;
  readonly repeats: number;
  readonly unit: "GFLOP/s" | "GB/s";
  /** Measured with the peer too. */
  readonly shared: boolean;
}

const bytesPerWeight = { f32: 4, f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 };

const products: readonly Product[] = [
  ...[256, 512, 1024].map(
    (size): Product => ({
      name: `f32 matrix × matrix ${size}³`,
      type: "f32",
      rows: size,
      n: size,
      k: size,
      repeats: size === 1024 ? 1 : 4,
      unit: "GFLOP/s",
      shared: true,
    }),
  ),
  { name: "f32 matrix × vector 4096²", type: "f32", rows: 1, n: 4096, k: 4096, repeats: 8, unit: "GB/s", shared: true },
  ...(["f16", "q8_0", "q4_0"] as const).map(
    (type): Product => ({
      name: `${type} matrix × vector 4096²`,
      type,
      rows: 1,
      n: 4096,
      k: 4096,
      repeats: 8,
      unit: "GB/s",
      shared: false,
    }),
  ),
  ...(["f16", "q8_0", "q4_0"] as const).map(
    (type): Product => ({
      name: `${type} matrix × 128 rows 2048²`,
      type,
      rows: 128,
      n: 2048,
      k: 2048,
      repeats: 1,
      unit: "GFLOP/s",
      shared: false,
    }),
  ),
];

/** Matrix products of the shapes that models are made of; the f32 ones against jax-js when asked. */
export const benchKernels: Bench = async ({ against, device, runs, threads }) => {
  const line = new ProgressLine();
  const ours = Side.ours("kernel-side");
  const peer = against === undefined ? undefined : Side.peer("jax-js", "jax.ts", "@jax-js/jax");
  try {
    await ours.ask("open", { device, threads });
    await peer?.ask("open", {});
    const figures: Figure[] = [];
    for (const product of products) {
      line.show(product.name);
      const mine: number[] = [];
      const theirs: number[] = [];
      for (let run = 0; run <= runs; run++) {
        const a = speed(product, (await ours.ask("product", product)).seconds ?? 0);
        const b =
          product.shared && peer ? speed(product, (await peer.ask("product", product)).seconds ?? 0) : undefined;
        if (run === 0) continue;
        mine.push(a);
        if (b !== undefined) theirs.push(b);
      }
      figures.push(figure(product.name, product.unit, "more", mine, theirs));
    }
    return { figures, device };
  } finally {
    line.clear();
    await Promise.all([ours.end(), peer?.end()]);
  }
};

function speed({ k, n, rows, type, unit }: Product, seconds: number): number {
  return (unit === "GFLOP/s" ? 2 * rows * n * k : n * k * bytesPerWeight[type]) / seconds / 1e9;
}
