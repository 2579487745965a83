import type { WeightType } from "../ops/weight.ts";

/** The bytes of a model file through the widths that its blocks are aligned to. */
export interface RowSource {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** One panel's place in the output: word offsets of its first element. */
export interface PanelTarget {
  readonly quants: Uint32Array;
  readonly scales: Uint32Array;
  /** The same memory as `scales`. */
  readonly scales16: Uint16Array;
  quantsAt: number;
  scalesAt: number;
}

/** Copies one row (at `at` bytes of the source, `k` inputs) into one lane of a panel. Layouts: see `WEIGHT_FORMATS`. */
export type PackRow = (source: RowSource, at: number, k: number, lane: number, target: PanelTarget) => void;

function packWords(source: Uint32Array, from: number, words: number, lane: number, target: PanelTarget): void {
  const { quants } = target;
  let to = target.quantsAt + lane;
  for (let i = from; i < from + words; i++) {
    quants[to] = source[i]!;
    to += 4;
  }
}

const packF32: PackRow = (source, at, k, lane, target) => packWords(source.u32, at / 4, k, lane, target);
const packF16: PackRow = (source, at, k, lane, target) => packWords(source.u32, at / 4, k / 2, lane, target);

/** Blocks of 32: a half (the scale), then `words` words at odd halves. */
function packSimpleBlocks(words: number): PackRow {
  return ({ u16 }, at, k, lane, { quants, scales16, quantsAt, scalesAt }) => {
    let from = at / 2;
    let to = quantsAt + lane;
    let scale = scalesAt * 2 + lane;
    for (let block = 0; block < k / 32; block++) {
      scales16[scale] = u16[from]!;
      scale += 4;
      from++;
      for (let j = 0; j < words; j++) {
        quants[to] = u16[from]! | (u16[from + 1]! << 16);
        from += 2;
        to += 4;
      }
    }
  };
}

const packQ4K: PackRow = ({ u8, u32 }, at, k, lane, { quants, scales, quantsAt, scalesAt }) => {
  let to = quantsAt + lane;
  let scale = scalesAt + lane;
  for (let block = 0; block < k / 256; block++) {
    const start = at + block * 144;
    scales[scale] = u32[start / 4]!;
    for (let j = 0; j < 4; j++) {
      const [a, b] = [2 * j, 2 * j + 1];
      scales[scale + 4 * (j + 1)] =
        subScale(u8, start + 4, a) |
        (subScale(u8, start + 4, b) << 8) |
        (subMin(u8, start + 4, a) << 16) |
        (subMin(u8, start + 4, b) << 24);
    }
    scale += 20;
    const from = start / 4 + 4;
    for (let i = from; i < from + 32; i++) {
      quants[to] = u32[i]!;
      to += 4;
    }
  }
};

/** The 6-bit scale of sub-block j of a q4_K or q5_K block, whose 12 bytes of scales start at `at`. */
export function subScale(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j]! & 63 : (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
}

/** Its 6-bit minimum. */
export function subMin(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j + 4]! & 63 : (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
}

const packQ6K: PackRow = ({ u16 }, at, k, lane, { quants, scales, quantsAt, scalesAt }) => {
  let to = quantsAt + lane;
  let scale = scalesAt + lane;
  for (let block = 0; block < k / 256; block++) {
    const start = at / 2 + block * 105;
    for (let unit = 0; unit < 4; unit++) {
      const half = unit >> 1;
      const low = start + half * 32 + (unit & 1) * 8;
      const high = start + 64 + half * 16 + (unit & 1) * 8;
      for (let m = 0; m < 8; m += 2) {
        quants[to] = u16[low + m]! | (u16[low + m + 1]! << 16);
        quants[to + 4] = u16[low + 16 + m]! | (u16[low + 16 + m + 1]! << 16);
        quants[to + 8] = u16[high + m]! | (u16[high + m + 1]! << 16);
        to += 12;
      }
    }
    scales[scale] = u16[start + 104]!;
    for (let j = 0; j < 4; j++) {
      scales[scale + 4 * (j + 1)] = u16[start + 96 + 2 * j]! | (u16[start + 97 + 2 * j]! << 16);
    }
    scale += 20;
  }
};

export const ROW_PACKERS: Readonly<Record<WeightType, PackRow>> = {
  f32: packF32,
  f16: packF16,
  bf16: packF16,
  q8_0: packSimpleBlocks(8),
  q4_0: packSimpleBlocks(4),
  q4_K: packQ4K,
  q6_K: packQ6K,
};
