import { type Device, type DeviceBuffer, KernelError } from "../device.ts";

/** The types that kernels read. Other file types are converted to one of these while loading. */
export type WeightType = "f32" | "f16" | "bf16" | "q8_0" | "q4_0" | "q4_K" | "q6_K";

/** Sizes of one block of inputs of one row (file), and of the same block of a panel of 4 rows (device). */
export interface WeightFormat {
  /** Inputs in a block; k is a multiple of it. */
  readonly inputs: number;
  /** Bytes of a block of one row in a model file. */
  readonly fileBytes: number;
  /** u32 words of a block of 4 rows in `quants`. */
  readonly quantWords: number;
  /** u32 words of a block of 4 rows in `scales`; 0 when there is no such buffer. */
  readonly scaleWords: number;
  /** True when activations must be int8 blocks (see `Quantize`). */
  readonly integer: boolean;
}

/**
 * Weights are `[n, k]`: n output rows of k inputs. On the device they lie in **panels of 4 rows**: row r is lane r % 4 of
 * panel ⌊r / 4⌋; missing rows of the last panel are zero. Elements of `quants` (q) and `scales` (s), per panel:
 *
 * - f32:  q vec4<f32>, [k]: the 4 rows at input i.
 * - f16, bf16: q vec4<u32>, [k/2]: a lane holds inputs 2i (low half) and 2i+1 (high half) of its row.
 * - q8_0: q vec4<u32>, [k/4]: a lane holds inputs 4i … 4i+3 as signed bytes. s vec2<u32>, [k/32]: 4 halves, one a row.
 * - q4_0: q vec4<u32>, [k/32][4]: low nibbles of word j are inputs 4j … 4j+3 of the block, high nibbles inputs
 *   16+4j … 16+4j+3; value = d · (nibble − 8). s as q8_0.
 * - q4_K: q vec4<u32>, [k/256][4][8]: low nibbles of word m of group j are inputs 64j + 4m …, high nibbles inputs
 *   64j + 32 + 4m …. s vec4<u32>, [k/256][5]: element 0 is (d, dmin) as halves; element 1+j has four bytes
 *   (scale, scale of the next 32, min, min of the next 32) of group j. value = d · scale · nibble − dmin · min.
 * - q6_K: q vec4<u32>, [k/256][4][4][3]: unit u = 2·half + h covers inputs 128·half + 32·s + 16·h + 4m … for s = 0 … 3.
 *   Its words m = 0 … 3 are (a, b, c): a's low nibbles s = 0, b's low s = 1, a's high s = 2, b's high s = 3; bits
 *   2s, 2s+1 of each byte of c are bits 4, 5. s vec4<u32>, [k/256][5]: element 0 is d as the low half; byte j % 4 of
 *   element 1 + ⌊j / 4⌋ is the signed scale of inputs 16j … 16j+15. value = d · scale · (q − 32).
 */
export const WEIGHT_FORMATS: Readonly<Record<WeightType, WeightFormat>> = {
  f32: { inputs: 4, fileBytes: 16, quantWords: 16, scaleWords: 0, integer: false },
  f16: { inputs: 4, fileBytes: 8, quantWords: 8, scaleWords: 0, integer: false },
  bf16: { inputs: 4, fileBytes: 8, quantWords: 8, scaleWords: 0, integer: false },
  q8_0: { inputs: 32, fileBytes: 34, quantWords: 32, scaleWords: 2, integer: true },
  q4_0: { inputs: 32, fileBytes: 18, quantWords: 16, scaleWords: 2, integer: true },
  q4_K: { inputs: 256, fileBytes: 144, quantWords: 128, scaleWords: 20, integer: true },
  q6_K: { inputs: 256, fileBytes: 210, quantWords: 192, scaleWords: 20, integer: true },
};

export interface WeightShape {
  readonly type: WeightType;
  /** Output rows. For a gated pair: of each of the two. */
  readonly n: number;
  readonly k: number;
  /** A gated pair: panels alternate between the gate's rows and the up projection's, so that one pass reads both. */
  readonly gated?: boolean;
}

/** A weight on a device, in the panel layout. */
export interface Weight extends WeightShape {
  readonly label: string;
  readonly gated: boolean;
  readonly quants: DeviceBuffer;
  readonly scales: DeviceBuffer | undefined;
  /** Device bytes. */
  readonly bytes: number;
  destroy(): void;
}

/** Panels of a weight, both halves of a gated pair counted. */
export function panelCount({ n, gated }: WeightShape): number {
  return Math.ceil(n / 4) * (gated === true ? 2 : 1);
}

/** Bytes that one row takes in a model file. @throws KernelError (`shape`) when k is no multiple of the type's block. */
export function rowBytes(type: WeightType, k: number): number {
  const { inputs, fileBytes } = WEIGHT_FORMATS[type];
  if (k <= 0 || k % inputs !== 0) {
    throw new KernelError("shape", `${type} rows have a multiple of ${inputs} inputs, not ${k}`);
  }
  return (k / inputs) * fileBytes;
}

/** Device bytes of a weight. */
export function weightSize(shape: WeightShape): { quants: number; scales: number } {
  rowBytes(shape.type, shape.k);
  const format = WEIGHT_FORMATS[shape.type];
  const blocks = panelCount(shape) * (shape.k / format.inputs);
  return { quants: blocks * format.quantWords * 4, scales: blocks * format.scaleWords * 4 };
}

/**
 * Memory for a weight, zeroed; fill it with `WeightPacker`.
 * @throws KernelError (`shape`, `out-of-memory`)
 */
export function createWeight(device: Device, shape: WeightShape, label: string): Weight {
  const size = weightSize(shape);
  const quants = device.createBuffer(size.quants, label);
  const scales = size.scales > 0 ? device.createBuffer(size.scales, `${label} scales`) : undefined;
  return {
    type: shape.type,
    n: shape.n,
    k: shape.k,
    gated: shape.gated === true,
    label,
    quants,
    scales,
    bytes: size.quants + size.scales,
    destroy() {
      quants.destroy();
      scales?.destroy();
    },
  };
}
