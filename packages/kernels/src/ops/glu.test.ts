import { expect, it } from "vitest";
import { gelu, silu } from "../reference/matmul.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { Glu, type GluActivation, GluQuantized } from "./glu.ts";
import { quantizedSize } from "./quantize.ts";

const functions: Record<GluActivation, (x: number) => number> = { silu, gelu, relu2: (x) => Math.max(0, x) ** 2 };

/** Gate and up `[rows, dim]`, with values far enough out to overflow a careless exponential. */
function inputs(random: Random, rows: number, dim: number): { gate: Float32Array; up: Float32Array } {
  const gate = random.gaussians(rows * dim, 3);
  gate.set([-200, 200, -90, 90]);
  return { gate, up: random.gaussians(rows * dim) };
}

/** `[rows, 2·dim]`: each row its gates, then its ups. */
function interleaveRows(gate: Float32Array, up: Float32Array, rows: number, dim: number): Float32Array {
  const both = new Float32Array(rows * dim * 2);
  for (let row = 0; row < rows; row++) {
    both.set(gate.subarray(row * dim, row * dim + dim), row * 2 * dim);
    both.set(up.subarray(row * dim, row * dim + dim), (row * 2 + 1) * dim);
  }
  return both;
}

describeOnDevices("glu", (getDevice) => {
  it.each([
    ["silu", 1, 4, true],
    ["silu", 3, 2500, false],
    ["gelu", 7, 36, true],
    ["gelu", 2, 1028, false],
    ["relu2", 5, 8, true],
  ] as const)("%s, %i rows of %i, fused %s", async (activation, rows, dim, fused) => {
    const device = getDevice();
    const { gate, up } = inputs(new Random(rows * 100 + dim), rows, dim);
    const first = upload(device, fused ? interleaveRows(gate, up, rows, dim) : gate);
    const y = poisoned(device, rows * dim);
    const args = { gate: first, up: fused ? first : upload(device, up), y, rows };
    await runOps(
      device,
      (ops) => new Glu(ops, { dim, activation, fused }),
      (op, recorder) => op.record(recorder, args),
    );
    const expected = Float64Array.from(gate, (value, i) => functions[activation](value) * up[i]!);
    expect(relativeError(await readF32(device, y), expected)).toBeLessThan(1e-6);
  });
});

describeOnDevices("glu_q8", (getDevice) => {
  it.each([
    ["silu", 1, 32, true],
    ["gelu", 4, 1536, true],
    ["silu", 9, 160, false],
  ] as const)("%s, %i rows of %i, fused %s", async (activation, rows, dim, fused) => {
    const device = getDevice();
    const random = new Random(rows * 100 + dim);
    const [gate, up] = [random.gaussians(rows * dim, 2), random.gaussians(rows * dim)];
    const first = upload(device, fused ? interleaveRows(gate, up, rows, dim) : gate);
    const sizes = quantizedSize(rows, dim);
    const [xq, xs] = [poisoned(device, sizes.xq / 4), poisoned(device, sizes.xs / 4)];
    const args = { gate: first, up: fused ? first : upload(device, up), xq, xs, rows };
    await runOps(
      device,
      (ops) => new GluQuantized(ops, { dim, activation, fused }),
      (op, recorder) => op.record(recorder, args),
    );
    const scales = await readF32(device, xs);
    const restored = Float64Array.from(
      new Int8Array(await device.read(xq)),
      (q, i) => q * (scales[Math.floor(i / 32) * 2] ?? Number.NaN),
    );
    const expected = Float64Array.from(gate, (value, i) => functions[activation](value) * up[i]!);
    expect(relativeError(restored, expected)).toBeLessThan(0.01);
  });
});

describeOnDevices("glu by turns", (getDevice) => {
  it("reads four gates and four ups by turns", async () => {
    const device = getDevice();
    const [rows, dim] = [3, 24];
    const { gate, up } = inputs(new Random(8), rows, dim);
    const both = new Float32Array(rows * dim * 2);
    for (let i = 0; i < rows * dim; i++) {
      const at = Math.floor(i / 4) * 8 + (i % 4);
      both[at] = gate[i]!;
      both[at + 4] = up[i]!;
    }
    const buffer = upload(device, both);
    const y = poisoned(device, rows * dim);
    await runOps(
      device,
      (ops) => new Glu(ops, { dim, activation: "silu", fused: false, alternating: true }),
      (op, recorder) => op.record(recorder, { gate: buffer, up: buffer, y, rows }),
    );
    const expected = Float64Array.from(gate, (value, i) => silu(value) * up[i]!);
    expect(relativeError(await readF32(device, y), expected)).toBeLessThan(1e-6);
  });
});
