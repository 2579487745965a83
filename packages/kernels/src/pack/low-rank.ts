import { type LowRankShape, lowRankUnitBytes, RANK_UNIT } from "../ops/low-rank.ts";
import { f32ToF16 } from "./f16.ts";

/** One part's matrices, row by row: A `[rank, k]`, B `[outputs, rank]`. */
export interface LowRankMatrices {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** An adapter's share of one pool, `units` units one after another. */
export interface PackedLowRank {
  readonly units: number;
  readonly a: Uint32Array<ArrayBuffer>;
  readonly b: Uint32Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Lays an adapter out as the kernels read it. Each matrix is stored in f16 relative to its largest value, which the scales
 * give back: small updates lose nothing to f16's range.
 * @param parts undefined for a part that the adapter leaves alone.
 * @param scale alpha / rank.
 */
export function packLowRank(
  shape: LowRankShape,
  rank: number,
  scale: number,
  parts: readonly (LowRankMatrices | undefined)[],
): PackedLowRank {
  const { alternating = false, k } = shape;
  const units = Math.ceil(rank / RANK_UNIT);
  const bytes = lowRankUnitBytes(shape);
  const a = new Uint32Array((units * bytes.a) / 4);
  const b = new Uint32Array((units * bytes.b) / 4);
  const scales = new Float32Array(units * shape.parts.length);
  const halvesA = new Uint16Array(a.buffer);
  const halvesB = new Uint16Array(b.buffer);
  const unitB = bytes.b / 2;
  let firstRow = 0;
  shape.parts.forEach((outputs, part) => {
    const given = parts[part];
    const first = firstRow;
    firstRow += outputs;
    if (!given) return;
    const [peakA, peakB] = [peakOf(given.a), peakOf(given.b)];
    for (let r = 0; r < rank; r++) {
      const unit = Math.floor(r / RANK_UNIT);
      const within = r % RANK_UNIT;
      scales[unit * shape.parts.length + part] = scale * peakA * peakB;
      // Word `within % 4`, its low half for the first four ranks.
      const lane = (within % 4) * 2 + Math.floor(within / 4);
      const row = (unit * shape.parts.length + part) * k;
      for (let i = 0; i < k; i++) halvesA[(row + i) * 8 + lane] = f32ToF16(given.a[r * k + i]! / peakA);
      for (let o = 0; o < outputs; o++) {
        const panel = alternating ? Math.floor(o / 4) * 2 + part : (first + o) / 4;
        const vector = Math.floor(panel) * 4 + Math.floor(within / 2);
        const half = (o % 4) * 2 + (within % 2);
        halvesB[unit * unitB + vector * 8 + half] = f32ToF16(given.b[o * rank + r]! / peakB);
      }
    }
  });
  return { units, a, b, scales };
}

/** 1 for a matrix of zeros. */
function peakOf(values: Float32Array): number {
  let peak = 0;
  for (const value of values) peak = Math.max(peak, Math.abs(value));
  return peak === 0 ? 1 : peak;
}
