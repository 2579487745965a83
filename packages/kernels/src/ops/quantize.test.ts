import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { Quantize, quantizedSize } from "./quantize.ts";

describeOnDevices("quantize", (getDevice) => {
  it.each([
    [1, 32],
    [3, 96],
    [5, 2080],
    [40, 64],
  ])("%i rows of %i", async (rows, k) => {
    const device = getDevice();
    const values = new Random(rows * 1000 + k).gaussians(rows * k, 3);
    values.fill(0, 0, 32); // A block of zeros has no scale to divide by.
    const sizes = quantizedSize(rows, k);
    const [xq, xs] = [poisoned(device, sizes.xq / 4), poisoned(device, sizes.xs / 4)];
    const x = upload(device, values);
    await runOps(
      device,
      (ops) => new Quantize(ops, { k }),
      (op, recorder) => op.record(recorder, { x, xq, xs, rows }),
    );
    const quants = new Int8Array(await device.read(xq));
    const scales = await readF32(device, xs);
    const restored = Float64Array.from(quants, (q, i) => q * (scales[Math.floor(i / 32) * 2] ?? Number.NaN));
    expect(relativeError(restored, values)).toBeLessThan(0.01);
    for (let block = 0; block < (rows * k) / 32; block++) {
      const part = values.subarray(block * 32, block * 32 + 32);
      const d = part.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0) / 127;
      const sum = quants.subarray(block * 32, block * 32 + 32).reduce((total, q) => total + q, 0);
      expect(scales[block * 2]).toBeCloseTo(d, 6);
      expect(scales[block * 2 + 1]).toBeCloseTo(d * sum, 3);
    }
  });
});
