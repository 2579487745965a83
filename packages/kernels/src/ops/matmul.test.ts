import { expect, it } from "vitest";
import type { Device, DeviceBuffer } from "../device.ts";
import { gelu, matmulReference, silu } from "../reference/matmul.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { type FileRows, randomRows, uploadWeight } from "../testing/weights.ts";
import { Matmul, type MatmulOptions } from "./matmul.ts";
import { OpSet } from "./op.ts";
import { Quantize, quantizedSize } from "./quantize.ts";
import { WEIGHT_FORMATS, type WeightType } from "./weight.ts";

/** Of f32 sums against float64 sums of the same numbers. */
const TOLERANCE = 1e-5;

interface Run {
  readonly parts: readonly FileRows[];
  readonly x: Float32Array;
  readonly y: DeviceBuffer;
  readonly bias?: Float32Array;
}

interface Result {
  readonly y: Float32Array;
  /** The activations as the product saw them: x itself, or what its int8 blocks mean. */
  readonly x: ArrayLike<number>;
}

/** Compiles once, then gives the product of any number of rows of f32: quantised first if the weights are integers. */
async function prepare(device: Device, options: MatmulOptions): Promise<(run: Run) => Promise<Result>> {
  const ops = new OpSet(device);
  const matmul = new Matmul(ops, options);
  const quantize = matmul.integer ? new Quantize(ops, { k: options.k }) : undefined;
  await ops.compile();
  return async ({ parts, x, y, bias }) => {
    const rows = x.length / options.k;
    const weight = uploadWeight(device, options, parts);
    const buffers = { x: upload(device, x), bias: bias && upload(device, bias) };
    const sizes = quantizedSize(rows, Math.ceil(options.k / 32) * 32);
    const [xq, xs] = [poisoned(device, sizes.xq / 4), poisoned(device, sizes.xs / 4)];
    const recording = device.record("product", (recorder) => {
      quantize?.record(recorder, { x: buffers.x, xq, xs, rows });
      const input = quantize === undefined ? { x: buffers.x } : { xq, xs };
      matmul.record(recorder, { weight, input, y, rows, bias: buffers.bias });
    });
    device.run(recording);
    const result = await readF32(device, y);
    if (quantize === undefined) return { y: result, x };
    const scales = await readF32(device, xs);
    const quants = new Int8Array(await device.read(xq));
    return { y: result, x: Float64Array.from(quants, (q, i) => q * scales[2 * Math.floor(i / 32)]!) };
  };
}

const TYPES: readonly WeightType[] = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K"];

describeOnDevices("matmul", (getDevice) => {
  it.each(TYPES)("%s on random shapes, odd n, 1 to 40 rows", async (type) => {
    const device = getDevice();
    const random = new Random(7);
    const step = WEIGHT_FORMATS[type].inputs;
    for (const n of [1, random.integer(2, 37)]) {
      const k = step * random.integer(1, Math.ceil(256 / step));
      const part = randomRows(random, type, n, k);
      const run = await prepare(device, { type, n, k });
      for (const rows of [1, random.integer(2, 3), 4, 5, random.integer(6, 40)]) {
        const x = random.gaussians(rows * k);
        const result = await run({ parts: [part], x, y: poisoned(device, rows * n) });
        const expected = matmulReference(result.x, part.values, { rows, n, k });
        expect(relativeError(result.y, expected), `[${rows}, ${k}] · [${n}, ${k}]ᵀ`).toBeLessThan(TOLERANCE);
      }
    }
  });

  it.each(TYPES)("%s adds a bias and what y held", async (type) => {
    const device = getDevice();
    const random = new Random(11);
    const [n, k] = [14, 256];
    const run = await prepare(device, { type, n, k, bias: true, accumulate: true });
    for (const rows of [1, 6]) {
      const part = randomRows(random, type, n, k);
      const [x, bias, before] = [random.gaussians(rows * k), random.gaussians(n, 9), random.gaussians(rows * n, 9)];
      const result = await run({ parts: [part], x, y: upload(device, before), bias });
      const sums = matmulReference(result.x, part.values, { rows, n, k });
      const expected = sums.map((sum, i) => sum + bias[i % n]! + before[i]!);
      expect(relativeError(result.y, expected)).toBeLessThan(TOLERANCE);
    }
  });

  it.each(TYPES)("%s as a gated pair", async (type) => {
    const device = getDevice();
    const random = new Random(13);
    const [n, k] = [22, 256];
    const activation = TYPES.indexOf(type) % 2 === 0 ? "gelu" : "silu";
    const run = await prepare(device, { type, n, k, gated: true, activation });
    for (const rows of [1, 5]) {
      const parts = [randomRows(random, type, n, k), randomRows(random, type, n, k)] as const;
      const x = random.gaussians(rows * k, 0.3);
      const result = await run({ parts, x, y: poisoned(device, rows * n) });
      const [gates, ups] = parts.map(({ values }) => matmulReference(result.x, values, { rows, n, k }));
      const act = activation === "silu" ? silu : gelu;
      const expected = gates!.map((value, i) => act(value) * ups![i]!);
      expect(relativeError(result.y, expected)).toBeLessThan(2 * TOLERANCE);
    }
  });

  it("gives the same with other tiles", async () => {
    const device = getDevice();
    const random = new Random(17);
    const [n, k, rows] = [45, 64, 9];
    for (const type of ["f32", "q8_0"] as const) {
      const part = randomRows(random, type, n, k);
      const x = random.gaussians(rows * k);
      for (const many of [
        { panels: 1, rows: 1, groupTiles: 5, groupRows: 2 },
        { panels: 4, rows: 4, groupTiles: 2, groupRows: 8 },
        { panels: 3, rows: 3, groupTiles: 1, groupRows: 100 },
      ]) {
        const run = await prepare(device, { type, n, k, tiles: { many } });
        const result = await run({ parts: [part], x, y: poisoned(device, rows * n) });
        const expected = matmulReference(result.x, part.values, { rows, n, k });
        expect(relativeError(result.y, expected), JSON.stringify(many)).toBeLessThan(TOLERANCE);
      }
    }
  });

  it.each(TYPES)("%s gives a row the same bits alone and among others on the CPU", async (type) => {
    const device = getDevice();
    if (device.info.kind !== "cpu") return;
    const random = new Random(19);
    const [n, k] = [37, 512];
    const part = randomRows(random, type, n, k);
    const run = await prepare(device, { type, n, k });
    const x = random.gaussians(45 * k);
    const alone = await run({ parts: [part], x: x.slice(0, k), y: poisoned(device, n) });
    for (const rows of [2, 4, 7, 16, 45]) {
      const many = await run({ parts: [part], x: x.slice(0, rows * k), y: poisoned(device, rows * n) });
      expect([...many.y.subarray(0, n)], `${rows} rows`).toEqual([...alone.y]);
      const last = await run({ parts: [part], x: x.slice((rows - 1) * k, rows * k), y: poisoned(device, n) });
      expect([...many.y.subarray((rows - 1) * n)], `row ${rows}`).toEqual([...last.y]);
    }
  });

  it("refuses what does not fit", async () => {
    const device = getDevice();
    const weight = uploadWeight(device, { type: "f32", n: 8, k: 16 }, [randomRows(new Random(1), "f32", 8, 16)]);
    const [x, y] = [upload(device, new Float32Array(16)), poisoned(device, 8)];
    const use = (options: MatmulOptions, input: object, rows = 1) =>
      runOps(
        device,
        (ops) => new Matmul(ops, options),
        (op, recorder) => op.record(recorder, { weight, input: { x }, y, rows, ...input }),
      );
    await use({ type: "f32", n: 8, k: 16 }, {});
    await expect(use({ type: "q8_0", n: 8, k: 16 }, {})).rejects.toMatchObject({ code: "shape" });
    await expect(use({ type: "f32", n: 9, k: 16 }, {})).rejects.toMatchObject({ code: "shape" });
    await expect(use({ type: "f32", n: 8, k: 16 }, {}, 2)).rejects.toMatchObject({ code: "shape" });
    await expect(use({ type: "f32", n: 8, k: 16 }, { input: { xq: x, xs: x } })).rejects.toThrow(/f32 activations/);
  });
});
