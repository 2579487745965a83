/** Our side of `tug bench kernels`. */

import type { Device } from "@tugboat/kernels";
import { createWeight, Matmul, OpSet, Quantize, quantizedSize, quantizeRows, WeightPacker } from "@tugboat/kernels";
import { createDevice } from "@tugboat/kernels/node";
import { z } from "zod";
import { answer } from "./answering.ts";

const openSchema = z.object({ device: z.enum(["auto", "cpu", "webgpu"]), threads: z.number() });
const productSchema = z.object({
  type: z.enum(["f32", "f16", "q8_0", "q4_0"]),
  rows: z.number(),
  n: z.number(),
  k: z.number(),
  repeats: z.number(),
});

let device: Device | undefined;
const prepared = new Map<string, () => Promise<number>>();

/** x `[rows, k]` · W `[n, k]`ᵀ on random numbers; gives the seconds of one product. */
async function prepare({ k, n, repeats, rows, type }: z.output<typeof productSchema>): Promise<() => Promise<number>> {
  if (device === undefined) throw new Error("no device is open");
  const on = device;
  const ops = new OpSet(on);
  const matmul = new Matmul(ops, { type, n, k });
  const quantize = matmul.integer ? new Quantize(ops, { k }) : undefined;
  await ops.compile();
  const weight = createWeight(on, { type, n, k }, "weight");
  const packer = new WeightPacker(on, weight);
  const row = Math.max(4, 4 * Math.floor(1e6 / (16 * k)));
  for (let at = 0; at < n; at += row) packer.write(quantizeRows(type, randomNumbers(Math.min(row, n - at) * k)));
  const sizes = quantizedSize(rows, k);
  const x = on.createBuffer(rows * k * 4, "x");
  const [xq, xs] = [on.createBuffer(sizes.xq, "xq"), on.createBuffer(sizes.xs, "xs")];
  const y = on.createBuffer(rows * n * 4, "y");
  on.write(x, 0, randomNumbers(rows * k));
  const recording = on.record("product", (recorder) => {
    for (let i = 0; i < repeats; i++) {
      quantize?.record(recorder, { x, xq, xs, rows });
      matmul.record(recorder, { weight, input: quantize === undefined ? { x } : { xq, xs }, y, rows });
    }
  });
  const run = async () => {
    const start = performance.now();
    on.run(recording);
    await on.finish();
    return (performance.now() - start) / 1000 / repeats;
  };
  // The first runs compile in the engine's second tier.
  for (let i = 0; i < 3; i++) await run();
  return run;
}

function randomNumbers(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => Math.random() * 2 - 1);
}

answer({
  async open(question) {
    const { device: kind, threads } = openSchema.parse(question);
    device = await createDevice(kind, { threads });
    return { threads: device.info.threads };
  },

  async product(question) {
    const shape = productSchema.parse(question);
    const key = JSON.stringify(shape);
    let run = prepared.get(key);
    if (run === undefined) {
      run = await prepare(shape);
      prepared.set(key, run);
    }
    return { seconds: await run() };
  },
});
