import { expect, it } from "vitest";
import { describeOnDevices } from "../../testing/devices.ts";
import { relativeError } from "../../testing/error.ts";
import { Random } from "../../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../../testing/run.ts";
import { randomRows, uploadWeight } from "../../testing/weights.ts";
import type { WeightType } from "../weight.ts";
import { Gemm } from "./gemm.ts";
import { Panels } from "./panels.ts";
import { WeightPanels, weightPanelsSize } from "./weight-panels.ts";

/** a `[rows, inner]` · b `[inner, columns]` in float64. */
function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inner; i++) {
      for (let column = 0; column < columns; column++) {
        out[row * columns + column]! += a[row * inner + i]! * b[i * columns + column]!;
      }
    }
  }
  return out;
}

function transpose(x: ArrayLike<number>, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]!;
  return out;
}

/** Columns in panels of 4, as `WEIGHT_FORMATS.f32` describes: `[⌈columns / 4⌉][rows][4]`. */
function inPanels(x: ArrayLike<number>, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(Math.ceil(columns / 4) * rows * 4);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[(Math.floor(j / 4) * rows + i) * 4 + (j % 4)] = x[i * columns + j]!;
  }
  return out;
}

const shapes = [
  [1, 4, 1],
  [3, 5, 7],
  [37, 33, 29],
  [70, 12, 130],
] as const;

describeOnDevices("gemm", (getDevice) => {
  it.each(shapes)("%i rows of %i, %i columns: y = x · Wᵀ, with a bias and added", async (rows, inner, columns) => {
    const device = getDevice();
    const random = new Random(rows * 100 + columns);
    const [x, w] = [random.gaussians(rows * inner), random.gaussians(inner * columns)];
    const [bias, before] = [random.gaussians(columns), random.gaussians(rows * columns)];
    const expected = product(x, w, rows, inner, columns);
    const b = upload(device, inPanels(w, inner, columns));
    const args = { a: upload(device, x), b, rows, columns, inner };
    const c = poisoned(device, rows * columns);
    await runOps(
      device,
      (ops) => new Gemm(ops, { b: "panels", c: "rows" }),
      (op, recorder) => op.record(recorder, { ...args, c }),
    );
    expect(relativeError(await readF32(device, c), expected)).toBeLessThan(1e-6);
    const sum = upload(device, before);
    await runOps(
      device,
      (ops) => new Gemm(ops, { alpha: -2, b: "panels", c: "rows", bias: true, accumulate: true }),
      (op, recorder) => op.record(recorder, { ...args, bias: upload(device, bias), c: sum }),
    );
    const more = expected.map((value, i) => before[i]! - 2 * value + bias[i % columns]!);
    expect(relativeError(await readF32(device, sum), more)).toBeLessThan(1e-6);
  });

  it.each(shapes)("%i rows of %i, %i columns: dW = dyᵀ · x into panels", async (rows, inner, columns) => {
    const device = getDevice();
    const random = new Random(rows * 100 + columns);
    // x [inner, rows] and dy [inner, columns], the sum over what both call rows.
    const [x, dy] = [random.gaussians(inner * rows), random.gaussians(inner * columns)];
    const panels = poisoned(device, Math.ceil(columns / 4) * inner * 4);
    const c = poisoned(device, rows * Math.ceil(columns / 4) * 4);
    await runOps(
      device,
      (ops) => ({ pack: new Panels(ops, { columns }), gemm: new Gemm(ops, { b: "panels", c: "panels" }) }),
      ({ pack, gemm }, recorder) => {
        pack.record(recorder, { x: upload(device, dy), out: panels, rows: inner });
        gemm.record(recorder, { a: upload(device, x), transposed: true, b: panels, c, rows, columns, inner });
      },
    );
    const expected = product(transpose(x, inner, rows), dy, rows, inner, columns);
    expect(relativeError(await readF32(device, c), inPanels(expected, rows, columns))).toBeLessThan(1e-6);
  });

  it("reads b row by row", async () => {
    const device = getDevice();
    const random = new Random(8);
    const [rows, inner, columns] = [9, 17, 12];
    const [x, w] = [random.gaussians(rows * inner), random.gaussians(inner * columns)];
    const c = poisoned(device, rows * columns);
    await runOps(
      device,
      (ops) => new Gemm(ops, { b: "rows", c: "rows" }),
      (op, recorder) => op.record(recorder, { a: upload(device, x), b: upload(device, w), c, rows, columns, inner }),
    );
    expect(relativeError(await readF32(device, c), product(x, w, rows, inner, columns))).toBeLessThan(1e-6);
  });

  it("refuses buffers that are too small, and odd rows of b", async () => {
    const device = getDevice();
    const small = upload(device, new Float32Array(4));
    const args = { a: small, b: small, c: small, rows: 2, columns: 4, inner: 4 };
    const run = (b: "panels" | "rows", columns: number) =>
      runOps(
        device,
        (ops) => new Gemm(ops, { b, c: "rows" }),
        (op, recorder) => op.record(recorder, { ...args, columns }),
      );
    await expect(run("panels", 4)).rejects.toMatchObject({ code: "shape" });
    await expect(run("rows", 3)).rejects.toMatchObject({ code: "shape" });
  });
});

const types: readonly (readonly [WeightType, number, number])[] = [
  ["f32", 7, 12],
  ["f16", 9, 20],
  ["bf16", 6, 8],
  ["q8_0", 13, 64],
  ["q4_0", 10, 96],
  ["q4_K", 5, 512],
  ["q6_K", 6, 256],
];

describeOnDevices("weight_panels", (getDevice) => {
  it.each(types)("%s [%i, %i], plain and transposed", async (type, n, k) => {
    const device = getDevice();
    const rows = randomRows(new Random(n * k), type, n, k);
    const weight = uploadWeight(device, { type, n, k }, [rows]);
    const plain = poisoned(device, weightPanelsSize(n, k) / 4);
    const turned = upload(device, new Float32Array(weightPanelsSize(n, k) / 4));
    await runOps(
      device,
      (ops) => [false, true].map((transposed) => new WeightPanels(ops, { shape: { type, n, k }, transposed })),
      (op, recorder) => {
        op[0]!.record(recorder, { weight, out: plain });
        op[1]!.record(recorder, { weight, out: turned });
      },
    );
    const wT = transpose(rows.values, n, k);
    expect(relativeError(await readF32(device, plain), inPanels(wT, k, n))).toBeLessThan(1e-6);
    const found = (await readF32(device, turned)).subarray(0, n * k);
    expect(relativeError(found, inPanels(rows.values, n, k))).toBeLessThan(1e-6);
  });

  it.each(["f16", "q4_0"] as const)("%s with an adapter merged, some rows of it", async (type) => {
    const device = getDevice();
    const [n, k, rank, scale] = [22, 32, 8, 0.5];
    const random = new Random(5);
    const rows = randomRows(random, type, n, k);
    const [a, b] = [random.gaussians(rank * k), random.gaussians(n * rank)];
    const weight = uploadWeight(device, { type, n, k }, [rows]);
    const lowRank = { a: upload(device, inPanels(transpose(a, rank, k), k, rank)), b: upload(device, b) };
    const merged = product(b, a, n, rank, k).map((value, i) => rows.values[i]! + scale * value);
    const [firstRow, count] = [8, 14];
    const outs = [false, true].map(() => upload(device, new Float32Array(weightPanelsSize(count, k) / 4)));
    await runOps(
      device,
      (ops) =>
        [false, true].map(
          (transposed) => new WeightPanels(ops, { shape: { type, n, k }, transposed, lowRank: { rank, scale } }),
        ),
      (op, recorder) => {
        for (const i of [0, 1]) op[i]!.record(recorder, { weight, lowRank, firstRow, rows: count, out: outs[i]! });
      },
    );
    const some = merged.subarray(firstRow * k, (firstRow + count) * k);
    const plain = await readF32(device, outs[0]!);
    // Rows of the last panel past those asked for are the weight's own, or zero.
    expect(
      relativeError(plain.subarray(0, 12 * k), inPanels(transpose(some, count, k), k, count).subarray(0, 12 * k)),
    ).toBeLessThan(1e-5);
    const turned = (await readF32(device, outs[1]!)).subarray(0, count * k);
    expect(relativeError(turned, inPanels(some, count, k))).toBeLessThan(1e-5);
  });
});
