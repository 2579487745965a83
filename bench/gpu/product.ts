import {
  type Device,
  type DeviceBuffer,
  KernelError,
  Matmul,
  OpSet,
  Quantize,
  quantizedSize,
  type Weight,
} from "@tugboat/kernels";
import type { OpenedGpu } from "./adapter.ts";
import type { Timer } from "./timer.ts";
import { describeVariant, rowKind, type Variant, variantsFor } from "./variants.ts";
import { type BenchType, copyWeight, randomWeight, Words } from "./weights.ts";

/** y `[rows, n]` = x `[rows, k]` · W `[n, k]`ᵀ */
export interface Product {
  readonly type: BenchType;
  readonly rows: number;
  readonly n: number;
  readonly k: number;
}

export interface ProductEffort {
  /** Bytes of weights that one run reads at least, from copies, so that none comes from a cache. */
  readonly streamBytes: number;
  /** Products in one recording, at least. */
  readonly repeats: number;
  /** Runs of each variant, and of the best one at the end. */
  readonly runs: readonly [sweep: number, final: number];
  /** Of the variants, the product's own and then every `tryEvery`th. */
  readonly tryEvery: number;
}

interface Timed {
  readonly seconds: number;
  readonly how: string;
}

export interface ProductResult {
  /** Of one weight, scales included. */
  readonly weightBytes: number;
  /** As the product runs it untold. */
  readonly served: Timed;
  readonly best: Timed;
  /** Largest error by norm over the sampled outputs, of all variants. */
  readonly error: number;
}

/** Sums of k float32 products; what the kernel reads is known exactly, so nothing else may differ. */
const LARGEST_ERROR = 1e-4;
/** Rounding x to int8 blocks, by norm. */
const LARGEST_QUANTISATION_ERROR = 0.02;

const SAMPLED_OUTPUTS = 48;

interface Data {
  readonly weight: Weight;
  readonly x: DeviceBuffer;
  readonly xq: DeviceBuffer;
  readonly xs: DeviceBuffer;
  readonly y: DeviceBuffer;
}

/**
 * Checks a product against float64, then times it in the product's own variant and in a small set of others.
 * @throws Error when a variant's result is wrong; KernelError (`out-of-memory`) when the weight does not fit.
 */
export async function measureProduct(
  { device, withWorkgroupSize }: OpenedGpu,
  timer: Timer,
  product: Product,
  { repeats, runs, streamBytes, tryEvery }: ProductEffort,
  onProgress: (sentence: string) => void,
): Promise<ProductResult> {
  const { k, n, rows, type } = product;
  const sampled = sample(n, SAMPLED_OUTPUTS);
  const { kept, weight } = randomWeight(device, product, sampled);
  const sizes = quantizedSize(rows, k);
  const data: Data = {
    weight,
    x: device.createBuffer(rows * k * 4, "x"),
    xq: device.createBuffer(sizes.xq, "xq"),
    xs: device.createBuffer(sizes.xs, "xs"),
    y: device.createBuffer(rows * n * 4, "y"),
  };
  const copies: Weight[] = [];
  try {
    copies.push(...(await copyWeight(device, weight, Math.max(1, Math.ceil(streamBytes / weight.bytes)) - 1)));
    const weights = [weight, ...copies];
    const read = await prepareInput(device, data, product);
    const input = type === "f16" ? { x: data.x } : { xq: data.xq, xs: data.xs };
    const record = (on: Device, op: Matmul, count: number) =>
      on.record("product", (recorder) => {
        for (let i = 0; i < count; i++) {
          op.record(recorder, { weight: weights[i % weights.length] ?? weight, input, y: data.y, rows });
        }
      });

    const variants = variantsFor(device.info, rowKind(rows)).filter((_, i) => i % tryEvery === 0);
    const compiled = await compileVariants(withWorkgroupSize, variants, product, onProgress);
    const reference = referenceRows(rows).map((row) => ({ row, x: read.subarray(row * k, (row + 1) * k) }));
    const count = Math.max(repeats, weights.length);
    const timed: (Timed & { op: Matmul; on: Device })[] = [];
    let error = 0;
    for (const { on, op, variant } of compiled) {
      const single = record(on, op, 1);
      on.write(data.y, 0, new Uint32Array(rows * n).fill(0xffffffff));
      on.run(single);
      const y = new Float32Array(await on.read(data.y));
      single.destroy();
      const off = errorOf(y, n, reference, kept);
      if (!(off <= LARGEST_ERROR)) {
        throw new Error(`${type} [${n}, ${k}] × ${rows}, ${describeVariant(variant)}: the result is off by ${off}`);
      }
      error = Math.max(error, off);
      const many = record(on, op, count);
      const seconds = (await timer.seconds(on, many, runs[0])) / count;
      many.destroy();
      timed.push({ seconds, how: describeVariant(variant), op, on });
    }

    const again = async ({ how, on, op }: (typeof timed)[number]): Promise<Timed> => {
      const recording = record(on, op, count);
      const seconds = (await timer.seconds(on, recording, runs[1])) / count;
      recording.destroy();
      return { seconds, how };
    };
    const [own] = timed;
    const fastest = timed.toSorted((a, b) => a.seconds - b.seconds)[0];
    if (own === undefined || fastest === undefined) throw new Error("no variant was measured");
    const served = await again(own);
    const best = fastest === own ? served : await again(fastest);
    return { weightBytes: weight.bytes, served, best: best.seconds < served.seconds ? best : served, error };
  } finally {
    for (const owned of [...copies, ...Object.values(data)]) owned.destroy();
  }
}

async function compileVariants(
  withWorkgroupSize: (lanes: number) => Device,
  variants: readonly Variant[],
  { k, n, rows, type }: Product,
  onProgress: (sentence: string) => void,
) {
  const smallest = { panels: 1, rows: 1 };
  const compiled: { variant: Variant; on: Device; op: Matmul }[] = [];
  for (const variant of variants) {
    const on = withWorkgroupSize(variant.workgroupSize);
    const ops = new OpSet(on);
    // The kind that is not measured gets a tile that fits any workgroup memory.
    const tiles =
      rowKind(rows) === "few" ? { few: variant.tile, many: smallest } : { few: smallest, many: variant.tile };
    const op = new Matmul(ops, { type, n, k, tiles });
    try {
      await ops.compile();
    } catch (error) {
      // A driver may refuse one of the sweep; never what the product itself runs.
      if (variant.tile === undefined || !(error instanceof KernelError)) throw error;
      onProgress(`  left out, ${describeVariant(variant)}: ${error.message}`);
      continue;
    }
    compiled.push({ variant, on, op });
  }
  return compiled;
}

/** Writes random activations, quantised where the kernel wants that; gives the numbers that the kernel will read. */
async function prepareInput(device: Device, { x, xq, xs }: Data, { k, rows, type }: Product): Promise<Float32Array> {
  const words = new Words(rows * 17 + k);
  const values = Float32Array.from({ length: rows * k }, () => words.signed());
  device.write(x, 0, values);
  if (type === "f16") return values;
  const ops = new OpSet(device);
  const quantize = new Quantize(ops, { k });
  await ops.compile();
  const recording = device.record("quantise", (recorder) => quantize.record(recorder, { x, xq, xs, rows }));
  device.run(recording);
  const bytes = new Int8Array(await device.read(xq));
  const scales = new Float32Array(await device.read(xs));
  recording.destroy();
  const rounded = values.map((_, i) => (bytes[i] ?? Number.NaN) * (scales[(i >> 5) * 2] ?? Number.NaN));
  const off = distance(rounded, values);
  if (!(off <= LARGEST_QUANTISATION_ERROR)) throw new Error(`quantised activations are off by ${off}`);
  return rounded;
}

/** First, last and others of `count`, ascending. */
function sample(count: number, wanted: number): number[] {
  const words = new Words(count);
  const rest = Array.from({ length: wanted - 2 }, () => words.next() % count);
  return [...new Set([0, count - 1, ...rest])].sort((a, b) => a - b);
}

function referenceRows(rows: number): number[] {
  return [...new Set([0, rows >> 1, rows - 1])];
}

/** Error by norm of the sampled outputs against sums in float64. */
function errorOf(
  y: Float32Array,
  n: number,
  rows: readonly { row: number; x: Float32Array }[],
  kept: ReadonlyMap<number, Float32Array>,
): number {
  const actual: number[] = [];
  const expected: number[] = [];
  for (const { row, x } of rows) {
    for (const [column, w] of kept) {
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += (x[i] ?? Number.NaN) * (w[i] ?? Number.NaN);
      expected.push(sum);
      actual.push(y[row * n + column] ?? Number.NaN);
    }
  }
  return distance(actual, expected);
}

function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i] ?? Number.NaN;
    difference += ((actual[i] ?? Number.NaN) - e) ** 2;
    norm += e ** 2;
  }
  return Math.sqrt(difference / norm);
}
