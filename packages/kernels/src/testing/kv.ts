import { type KvElement, type KvShape, keyElement, kvCacheBytes, valueElement } from "../ops/kv-layout.ts";
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

function read(shape: KvShape, words: Uint32Array, { word: at, half }: KvElement): number {
  word[0] = words[at]!;
  return shape.type === "f32" ? float[0]! : f16ToF32(half === 0 ? word[0] & 0xffff : word[0] >>> 16);
}

/** Writes and gives back what the cache then holds: f16 rounds. */
function write(shape: KvShape, words: Uint32Array, { word: at, half }: KvElement, value: number): number {
  if (shape.type === "f32") {
    float[0] = value;
    words[at] = word[0]!;
    return float[0];
  }
  const bits = f32ToF16(value);
  words[at] = half === 0 ? (words[at]! & 0xffff0000) | bits : (words[at]! & 0xffff) | (bits << 16);
  return f16ToF32(bits);
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
  return Array.from({ length: shape.headDim }, (_, i) => read(shape, cache[part], place(shape, slot, head, i)));
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
  return Array.from(vector, (value, i) => write(shape, cache[part], place(shape, slot, head, i), value));
}
