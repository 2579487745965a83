import { checkShape } from "./op.ts";

/**
 * One layer's share of a paged KV cache: two buffers, keys and values, of `blocks` blocks. Physical slot s is slot
 * s % blockSize of block ⌊s / blockSize⌋. A block is contiguous in both buffers, so blocks can be copied and moved whole.
 *
 * - Keys lie in panels of 4 slots, as weights lie in panels of 4 rows: one 16-byte load gives the same input of 4
 *   positions, and scores need no sum across lanes.
 *   f16: u32 `[block][kvHead][blockSize/4][headDim/2][4]`: lane r holds inputs 2i (low half) and 2i+1 of slot r of the
 *   panel. f32: `[block][kvHead][blockSize/4][headDim][4]`. q8_0: u32 `[…][headDim/4][4]`: lane r holds inputs 4i … 4i+3
 *   of slot r as bytes; then f32 `[⌈headDim/32⌉][4]`, the scales.
 * - Values lie row by row, `[block][kvHead][blockSize][…]`.
 *   f16: u32 `[…][⌈headDim/8⌉][4]`: lane r of group g holds inputs 8g + r (low half) and 8g + 4 + r, so that both halves
 *   of a load are 4 neighbouring inputs. f32: `[…][headDim]`. q8_0: u32 `[…][⌈headDim/16⌉][4]`: lane r of group g holds
 *   inputs 16g + r, 16g + 4 + r … as bytes; then f32 `[⌈headDim/128⌉][4]`, the scales of 32 inputs each.
 *
 * q8_0 rounds each 32 inputs of a head to int8 with one scale, max|x| / 127.
 */
export interface KvShape {
  readonly kvHeads: number;
  /** A multiple of 4, 8 … 256. */
  readonly headDim: number;
  /** Positions of a block; a multiple of 4. Default 16. */
  readonly blockSize?: number;
  /** Physical blocks. */
  readonly blocks: number;
  readonly type: KvType;
}

export type KvType = "f16" | "f32" | "q8_0";

/** Slots of a block unless said otherwise. */
export const KV_BLOCK = 16;

/** Inputs of a head that share a scale in q8_0. */
export const KV_SCALED = 32;

/** A slot past every cache: rows placed there are not written. */
export const NO_SLOT = 0xffff_ffff;

/** 16-byte units of a panel of 4 keys, and of one value. */
function rowUnits({ headDim, type }: KvShape): { key: number; value: number } {
  switch (type) {
    case "f32":
      return { key: headDim, value: headDim / 4 };
    case "f16":
      return { key: headDim / 2, value: Math.ceil(headDim / 8) };
    case "q8_0":
      return {
        key: headDim / 4 + Math.ceil(headDim / KV_SCALED),
        value: Math.ceil(headDim / 16) + Math.ceil(headDim / (4 * KV_SCALED)),
      };
  }
}

/** vec4s of a value as attention unpacks it; past the head they mean nothing. */
export function valuePitch({ headDim, type }: KvShape): number {
  if (type === "q8_0") return Math.ceil(headDim / 16) * 4;
  return type === "f16" ? Math.ceil(headDim / 8) * 2 : headDim / 4;
}

/** Bytes of one block in each of the two buffers. */
export function kvBlockBytes(shape: KvShape): { keys: number; values: number } {
  const { kvHeads, blockSize = KV_BLOCK } = shape;
  const { key, value } = rowUnits(shape);
  return { keys: kvHeads * (blockSize / 4) * key * 16, values: kvHeads * blockSize * value * 16 };
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

/** Where one element lies: index of its u32 and of its first byte there. */
export interface KvElement {
  readonly word: number;
  readonly byte: number;
}

/** Input `i` of the key at a slot. */
export function keyElement(shape: KvShape, slot: number, kvHead: number, i: number): KvElement {
  const { kvHeads, blockSize = KV_BLOCK, type } = shape;
  const row = (Math.floor(slot / blockSize) * kvHeads + kvHead) * blockSize + (slot % blockSize);
  const inputs = { f32: 1, f16: 2, q8_0: 4 }[type];
  const unit = Math.floor(row / 4) * rowUnits(shape).key + Math.floor(i / inputs);
  return { word: unit * 4 + (slot % 4), byte: (i % inputs) * (4 / inputs) };
}

/** Input `i` of the value at a slot. */
export function valueElement(shape: KvShape, slot: number, kvHead: number, i: number): KvElement {
  const { kvHeads, blockSize = KV_BLOCK, type } = shape;
  const row = (Math.floor(slot / blockSize) * kvHeads + kvHead) * blockSize + (slot % blockSize);
  const inputs = { f32: 1, f16: 2, q8_0: 4 }[type];
  const unit = row * rowUnits(shape).value + Math.floor(i / (4 * inputs));
  return { word: unit * 4 + (i % 4), byte: (Math.floor(i / 4) % inputs) * (4 / inputs) };
}

/** The word of the f32 scale of input `i`, of q8_0. */
export function keyScale(shape: KvShape, slot: number, kvHead: number, i: number): number {
  const { word } = keyElement(shape, slot, kvHead, 0);
  return word + (shape.headDim / 4 + Math.floor(i / KV_SCALED)) * 4;
}

/** The word of the f32 scale of input `i`, of q8_0. */
export function valueScale(shape: KvShape, slot: number, kvHead: number, i: number): number {
  const { word } = valueElement(shape, slot, kvHead, 0);
  return word + Math.ceil(shape.headDim / 16) * 4 + Math.floor(i / KV_SCALED);
}
