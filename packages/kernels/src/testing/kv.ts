import {
  KV_SCALED,
  type KvElement,
  type KvShape,
  keyElement,
  keyScale,
  kvCacheBytes,
  valueElement,
  valueScale,
} from "../ops/kv-layout.ts";
import { f16ToF32, f32ToF16 } from "../pack/f16.ts";

/** A cache on the host, in the device's layout. */
export interface HostCache {
  readonly keys: Uint32Array<ArrayBuffer>;
  readonly values: Uint32Array<ArrayBuffer>;
}

/** Every bit set: NaN in f16 and f32. */
export function poisonedCache(shape: KvShape): HostCache {
  const bytes = kvCacheBytes(shape);
  return {
    keys: new Uint32Array(bytes.keys / 4).fill(0xffffffff),
    values: new Uint32Array(bytes.values / 4).fill(0xffffffff),
  };
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

function read(shape: KvShape, words: Uint32Array, { word: at, byte }: KvElement, scaleAt: number): number {
  word[0] = shape.type === "q8_0" ? words[scaleAt]! : words[at]!;
  if (shape.type === "q8_0") return ((words[at]! << (24 - 8 * byte)) >> 24) * float[0]!;
  return shape.type === "f32" ? float[0]! : f16ToF32((word[0] >>> (8 * byte)) & 0xffff);
}

function putBits(words: Uint32Array, { word: at, byte }: KvElement, bits: number, size: number): void {
  const mask = (size === 32 ? 0xffffffff : (1 << size) - 1) << (8 * byte);
  words[at] = (words[at]! & ~mask) | ((bits << (8 * byte)) & mask);
}

function bitsOf(value: number): number {
  float[0] = value;
  return word[0]!;
}

/** The key or value of one head at a slot, `[headDim]`. */
export function readHead(
  shape: KvShape,
  cache: HostCache,
  part: "keys" | "values",
  slot: number,
  head: number,
): number[] {
  const place = part === "keys" ? keyElement : valueElement;
  const scale = part === "keys" ? keyScale : valueScale;
  return Array.from({ length: shape.headDim }, (_, i) =>
    read(shape, cache[part], place(shape, slot, head, i), scale(shape, slot, head, i)),
  );
}

/** Writes one head's key or value `[headDim]`; returns it as the cache holds it. */
export function writeHead(
  shape: KvShape,
  cache: HostCache,
  part: "keys" | "values",
  slot: number,
  head: number,
  vector: ArrayLike<number>,
): number[] {
  const place = part === "keys" ? keyElement : valueElement;
  const scale = part === "keys" ? keyScale : valueScale;
  const words = cache[part];
  for (let i = 0; i < shape.headDim; i++) {
    const at = place(shape, slot, head, i);
    if (shape.type === "f32") putBits(words, at, bitsOf(vector[i]!), 32);
    if (shape.type === "f16") putBits(words, at, f32ToF16(vector[i]!), 16);
    if (shape.type !== "q8_0") continue;
    const first = i - (i % KV_SCALED);
    const block = Array.from({ length: Math.min(KV_SCALED, shape.headDim - first) }, (_, j) => vector[first + j]!);
    const d = Math.fround(Math.max(...block.map(Math.abs)) / 127);
    words[scale(shape, slot, head, i)] = bitsOf(d);
    putBits(words, at, d === 0 ? 0 : Math.round(vector[i]! / d), 8);
  }
  return readHead(shape, cache, part, slot, head);
}
