import { checkShape } from "./op.ts";

/**
 * One layer's share of a paged KV cache: two buffers, keys and values, of `blocks` blocks. Physical slot s is slot
 * s % blockSize of block ⌊s / blockSize⌋. A block is contiguous in both buffers, so blocks can be copied and moved whole.
 *
 * - Keys lie in panels of 4 slots, as weights lie in panels of 4 rows: one 16-byte load gives the same input of 4
 *   positions, and scores need no sum across lanes.
 *   f16: u32 `[block][kvHead][blockSize/4][headDim/2][4]`: lane r holds inputs 2i (low half) and 2i+1 of slot r of the
 *   panel. f32: `[block][kvHead][blockSize/4][headDim][4]`.
 * - Values lie row by row, `[block][kvHead][blockSize][…]`.
 *   f16: u32 `[…][⌈headDim/8⌉][4]`: lane r of group g holds inputs 8g + r (low half) and 8g + 4 + r, so that both halves
 *   of a load are 4 neighbouring inputs. f32: `[…][headDim]`.
 */
export interface KvShape {
  readonly kvHeads: number;
  /** A multiple of 4, 8 … 256. */
  readonly headDim: number;
  /** Positions of a block; a multiple of 4. Default 16. */
  readonly blockSize?: number;
  /** Physical blocks. */
  readonly blocks: number;
  readonly type: "f16" | "f32";
}

/** Slots of a block unless said otherwise. */
export const KV_BLOCK = 16;

/** A slot past every cache: rows placed there are not written. */
export const NO_SLOT = 0xffff_ffff;

/** Bytes of one block in each of the two buffers. */
export function kvBlockBytes({ kvHeads, headDim, blockSize = KV_BLOCK, type }: KvShape): {
  keys: number;
  values: number;
} {
  const rows = kvHeads * blockSize;
  if (type === "f32") return { keys: rows * headDim * 4, values: rows * headDim * 4 };
  return { keys: rows * headDim * 2, values: rows * Math.ceil(headDim / 8) * 16 };
}

/** Bytes of the two buffers. */
export function kvCacheBytes(shape: KvShape): { keys: number; values: number } {
  const block = kvBlockBytes(shape);
  return { keys: block.keys * shape.blocks, values: block.values * shape.blocks };
}

/** @throws KernelError (`shape`) */
export function checkKvShape(op: string, { kvHeads, headDim, blockSize = KV_BLOCK, blocks }: KvShape): void {
  checkShape(
    headDim >= 8 && headDim <= 256 && headDim % 4 === 0,
    op,
    `head size ${headDim} is no multiple of 4 in 8..256`,
  );
  checkShape(blockSize >= 4 && blockSize % 4 === 0, op, `a block of ${blockSize} positions is no multiple of 4`);
  checkShape(kvHeads > 0 && blocks > 0, op, `${kvHeads} KV heads in ${blocks} blocks`);
}

/** Where one element lies: index of its u32 and, for f16, which half of it (0 low, 1 high). */
export interface KvElement {
  readonly word: number;
  readonly half: 0 | 1;
}

/** Input `i` of the key at a slot. */
export function keyElement(shape: KvShape, slot: number, kvHead: number, i: number): KvElement {
  const { kvHeads, headDim, blockSize = KV_BLOCK, type } = shape;
  const row = (Math.floor(slot / blockSize) * kvHeads + kvHead) * blockSize + (slot % blockSize);
  const panel = Math.floor(row / 4);
  if (type === "f32") return { word: (panel * headDim + i) * 4 + (slot % 4), half: 0 };
  return { word: (panel * (headDim / 2) + Math.floor(i / 2)) * 4 + (slot % 4), half: i % 2 === 0 ? 0 : 1 };
}

/** Input `i` of the value at a slot. */
export function valueElement(shape: KvShape, slot: number, kvHead: number, i: number): KvElement {
  const { kvHeads, headDim, blockSize = KV_BLOCK, type } = shape;
  const row = (Math.floor(slot / blockSize) * kvHeads + kvHead) * blockSize + (slot % blockSize);
  if (type === "f32") return { word: row * headDim + i, half: 0 };
  const group = Math.floor(i / 8);
  return { word: (row * Math.ceil(headDim / 8) + group) * 4 + (i % 4), half: i % 8 < 4 ? 0 : 1 };
}
