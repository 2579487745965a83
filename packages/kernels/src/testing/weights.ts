import type { Device } from "../device.ts";
import { createWeight, rowBytes, type Weight, type WeightShape, type WeightType } from "../ops/weight.ts";
import { dequantize, FILE_BLOCKS } from "../pack/dequantize.ts";
import { f32ToF16 } from "../pack/f16.ts";
import { WeightPacker } from "../pack/packer.ts";
import { quantizeRows } from "../pack/quantize.ts";
import type { Random } from "./random.ts";

/** Rows as a model file has them, and the numbers that they mean. */
export interface FileRows {
  readonly bytes: Uint8Array;
  readonly values: Float32Array;
}

/** Random rows `[n, k]`. K-quants have no quantiser here: their bytes are random, their scales small halves. */
export function randomRows(random: Random, type: WeightType, n: number, k: number): FileRows {
  const bytes =
    type === "q4_K" || type === "q6_K" ? randomBlocks(random, type, n, k) : gaussianRows(random, type, n * k);
  const values = new Float32Array(n * k);
  dequantize(type, bytes, values);
  return { bytes, values };
}

function gaussianRows(random: Random, type: Exclude<WeightType, "q4_K" | "q6_K">, count: number): Uint8Array {
  return quantizeRows(type, random.gaussians(count, 0.5));
}

/** Byte positions of a block's f16 factors. */
const FACTORS = { q4_K: [0, 2], q6_K: [208] } as const;

function randomBlocks(random: Random, type: "q4_K" | "q6_K", n: number, k: number): Uint8Array {
  const bytes = Uint8Array.from({ length: n * rowBytes(type, k) }, () => random.integer(0, 255));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += FILE_BLOCKS[type].bytes) {
    for (const factor of FACTORS[type]) view.setUint16(at + factor, f32ToF16(random.gaussian() * 0.01), true);
  }
  return bytes;
}

/** A weight on the device, packed in uneven chunks as a loader would bring them. */
export function uploadWeight(device: Device, shape: WeightShape, parts: readonly FileRows[]): Weight {
  const weight = createWeight(device, shape, `test ${shape.type}`);
  const bytesPerRow = rowBytes(shape.type, shape.k);
  parts.forEach(({ bytes }, i) => {
    const packer = new WeightPacker(device, weight, shape.gated ? { part: i === 0 ? "gate" : "up" } : {});
    const chunk = bytesPerRow * 12;
    for (let at = 0; at < bytes.length; at += chunk) packer.write(bytes.subarray(at, at + chunk));
  });
  return weight;
}
