import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { Combine } from "./combine.ts";
import { GatherRows } from "./gather-rows.ts";
import { Scale } from "./scale.ts";

describeOnDevices("combine", (getDevice) => {
  it.each([
    ["add", 1, 4],
    ["add", 5, 1100],
    ["multiply", 3, 36],
  ] as const)("%s, %i rows of %i", async (operation, rows, dim) => {
    const device = getDevice();
    const random = new Random(rows + dim);
    const [x, y] = [random.gaussians(rows * dim), random.gaussians(rows * dim)];
    const args = { x: upload(device, x), y: upload(device, y), rows };
    await runOps(
      device,
      (ops) => new Combine(ops, { dim, operation }),
      (op, recorder) => op.record(recorder, args),
    );
    const expected = x.map((value, i) => (operation === "add" ? value + y[i]! : value * y[i]!));
    expect(await readF32(device, args.x)).toEqual(expected);
  });
});

describeOnDevices("scale", (getDevice) => {
  it.each([
    [1, 4, 0.5, 0],
    [3, 1300, 1, 30],
    [2, 20, 0.25, 5],
  ])("%i rows of %i by %f, capped at %f", async (rows, dim, factor, softcap) => {
    const device = getDevice();
    const x = new Random(rows + dim).gaussians(rows * dim, 40);
    x[0] = 1e6;
    const buffer = upload(device, x);
    await runOps(
      device,
      (ops) => new Scale(ops, { dim, factor, softcap }),
      (op, recorder) => op.record(recorder, { x: buffer, rows }),
    );
    const expected = Float64Array.from(x, (value) =>
      softcap === 0 ? value * factor : softcap * Math.tanh((value * factor) / softcap),
    );
    expect(relativeError(await readF32(device, buffer), expected)).toBeLessThan(1e-6);
  });
});

describeOnDevices("gather_rows", (getDevice) => {
  it.each([
    [1, 1, 4],
    [9, 4, 1032],
    [3, 7, 20],
  ])("from %i rows, %i of %i", async (sourceRows, rows, dim) => {
    const device = getDevice();
    const random = new Random(rows + dim);
    const source = random.gaussians(sourceRows * dim);
    const wanted = Uint32Array.from({ length: rows }, () => random.integer(0, sourceRows - 1));
    wanted[0] = 4_000_000_000; // Past the end: the last row.
    const y = poisoned(device, rows * dim);
    const args = { source: upload(device, source), indices: upload(device, wanted), y, rows };
    await runOps(
      device,
      (ops) => new GatherRows(ops, { dim, sourceRows }),
      (op, recorder) => op.record(recorder, args),
    );
    const expected = Float32Array.from({ length: rows * dim }, (_, i) => {
      const row = Math.min(wanted[Math.floor(i / dim)]!, sourceRows - 1);
      return source[row * dim + (i % dim)]!;
    });
    expect(await readF32(device, y)).toEqual(expected);
  });
});
