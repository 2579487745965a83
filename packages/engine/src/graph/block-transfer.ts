import { type Device, type KvShape, kvBlockBytes } from "@tugboat/kernels";
import { runsOf } from "../kv/hand-over.ts";
import type { ProgramMemory } from "./program-memory.ts";

type Caches = Pick<ProgramMemory, "keys" | "values">;

/** @returns `[layers, (keys, values), blocks]` */
export async function readBlocks(
  device: Device,
  caches: Caches,
  kv: KvShape,
  blocks: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { keys, values } = kvBlockBytes(kv);
  const out = new Uint8Array((keys + values) * blocks.length * caches.keys.length);
  let at = 0;
  for (const [layer, layerKeys] of caches.keys.entries()) {
    for (const [buffer, size] of [
      [layerKeys, keys],
      [caches.values[layer]!, values],
    ] as const) {
      for (const { count, first } of runsOf(blocks)) {
        out.set(new Uint8Array(await device.read(buffer, first * size, count * size)), at);
        at += count * size;
      }
    }
  }
  return out;
}

/** @throws RangeError when the data is not of these blocks */
export function writeBlocks(
  device: Device,
  caches: Caches,
  kv: KvShape,
  blocks: readonly number[],
  data: Uint8Array<ArrayBuffer>,
): void {
  const { keys, values } = kvBlockBytes(kv);
  if (data.length !== (keys + values) * blocks.length * caches.keys.length) {
    throw new RangeError(`${data.length} bytes are not ${blocks.length} blocks of ${caches.keys.length} layers`);
  }
  let at = 0;
  for (const [layer, layerKeys] of caches.keys.entries()) {
    for (const [buffer, size] of [
      [layerKeys, keys],
      [caches.values[layer]!, values],
    ] as const) {
      for (const { count, first } of runsOf(blocks)) {
        device.write(buffer, first * size, data.subarray(at, at + count * size));
        at += count * size;
      }
    }
  }
}
