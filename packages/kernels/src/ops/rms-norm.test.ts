import { expect, it } from "vitest";
import { rmsNorm } from "../reference/norm.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { AddRmsNorm } from "./add-rms-norm.ts";
import { quantizedSize } from "./quantize.ts";
import { RmsNorm, RmsNormQuantized } from "./rms-norm.ts";

const epsilon = 1e-5;

describeOnDevices("rms_norm", (getDevice) => {
  it.each([
    [1, 4],
    [3, 64],
    [2, 576],
    [17, 100],
  ])("%i rows of %i", async (rows, dim) => {
    const device = getDevice();
    const random = new Random(rows * 1000 + dim);
    const [x, weight] = [random.gaussians(rows * dim, 3), random.gaussians(dim)];
    const y = poisoned(device, rows * dim);
    const args = { x: upload(device, x), weight: upload(device, weight), y, rows };
    await runOps(
      device,
      (ops) => new RmsNorm(ops, { dim, epsilon }),
      (op, recorder) => op.record(recorder, args),
    );
    expect(relativeError(await readF32(device, y), rmsNorm(x, weight, epsilon))).toBeLessThan(1e-6);
    expect(await readF32(device, args.x)).toEqual(x);
  });

  it("adds a residual and keeps the sum", async () => {
    const device = getDevice();
    const [rows, dim] = [5, 36];
    const random = new Random(5);
    const [x, residual, weight] = [random.gaussians(rows * dim), random.gaussians(rows * dim), random.gaussians(dim)];
    const buffers = { x: upload(device, x), residual: upload(device, residual), weight: upload(device, weight) };
    const y = poisoned(device, rows * dim);
    await runOps(
      device,
      (ops) => new RmsNorm(ops, { dim, epsilon, residual: true }),
      (op, recorder) => op.record(recorder, { ...buffers, y, rows }),
    );
    const sum = x.map((value, i) => value + residual[i]!);
    expect(relativeError(await readF32(device, buffers.x), sum)).toBeLessThan(1e-7);
    expect(relativeError(await readF32(device, y), rmsNorm(sum, weight, epsilon))).toBeLessThan(1e-6);
  });

  it("is finite on a row of zeros", async () => {
    const device = getDevice();
    const y = poisoned(device, 8);
    const x = upload(device, new Float32Array(8));
    const weight = upload(device, new Float32Array(8).fill(2));
    await runOps(
      device,
      (ops) => new RmsNorm(ops, { dim: 8, epsilon }),
      (op, recorder) => op.record(recorder, { x, weight, y, rows: 1 }),
    );
    expect([...(await readF32(device, y))]).toEqual(Array(8).fill(0));
  });
});

describeOnDevices("rms_norm_q8", (getDevice) => {
  it.each([
    [1, 32, false],
    [4, 576, true],
    [19, 96, false],
  ])("%i rows of %i, residual %s", async (rows, dim, hasResidual) => {
    const device = getDevice();
    const random = new Random(rows * 1000 + dim);
    const [x, weight] = [random.gaussians(rows * dim, 3), random.gaussians(dim)];
    const residual = hasResidual ? random.gaussians(rows * dim) : undefined;
    const sizes = quantizedSize(rows, dim);
    const args = {
      x: upload(device, x),
      weight: upload(device, weight),
      residual: residual && upload(device, residual),
      xq: poisoned(device, sizes.xq / 4),
      xs: poisoned(device, sizes.xs / 4),
      rows,
    };
    await runOps(
      device,
      (ops) => new RmsNormQuantized(ops, { dim, epsilon, residual: hasResidual }),
      (op, recorder) => op.record(recorder, args),
    );
    const quants = new Int8Array(await device.read(args.xq));
    const scales = await readF32(device, args.xs);
    const restored = Float64Array.from(quants, (q, i) => q * (scales[Math.floor(i / 32) * 2] ?? Number.NaN));
    const sum = x.map((value, i) => value + (residual?.[i] ?? 0));
    const expected = rmsNorm(sum, weight, epsilon);
    expect(relativeError(restored, expected)).toBeLessThan(0.01);
    expect(relativeError(await readF32(device, args.x), sum)).toBeLessThan(1e-7);
    for (let block = 0; block < (rows * dim) / 32; block++) {
      const total = quants.subarray(block * 32, block * 32 + 32).reduce((a, b) => a + b, 0);
      const d = scales[block * 2]!;
      const peak = expected.subarray(block * 32, block * 32 + 32).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(d / (peak / 127)).toBeCloseTo(1, 4);
      expect(scales[block * 2 + 1]! / d).toBeCloseTo(total, 2);
    }
  });
});

describeOnDevices("add_rms_norm", (getDevice) => {
  it.each([
    [1, 8],
    [6, 260],
  ])("%i rows of %i", async (rows, dim) => {
    const device = getDevice();
    const random = new Random(rows + dim);
    const [x, t, weight] = [random.gaussians(rows * dim), random.gaussians(rows * dim, 5), random.gaussians(dim)];
    const args = { x: upload(device, x), t: upload(device, t), weight: upload(device, weight), rows };
    await runOps(
      device,
      (ops) => new AddRmsNorm(ops, { dim, epsilon }),
      (op, recorder) => op.record(recorder, args),
    );
    const expected = rmsNorm(t, weight, epsilon).map((value, i) => value + x[i]!);
    expect(relativeError(await readF32(device, args.x), expected)).toBeLessThan(1e-6);
  });
});
