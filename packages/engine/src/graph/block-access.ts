import { type Device, type DeviceBuffer, type KvShape, kvBlockBytes } from "@tugboat/kernels";
import type { BlockAccess } from "./machine.ts";

/** Blocks of a cache that lies on one device, one pair of buffers a layer. */
export function deviceBlocks(
  device: Device,
  kv: KvShape,
  keys: readonly DeviceBuffer[],
  values: readonly DeviceBuffer[],
): BlockAccess {
  const size = kvBlockBytes(kv);
  const parts = [
    ...keys.map((buffer) => ({ buffer, bytes: size.keys })),
    ...values.map((buffer) => ({ buffer, bytes: size.values })),
  ];
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return {
    bytes,
    async read(block) {
      const out = new Uint8Array(bytes);
      const read = await Promise.all(parts.map((part) => device.read(part.buffer, block * part.bytes, part.bytes)));
      let at = 0;
      for (const part of read) {
        out.set(new Uint8Array(part), at);
        at += part.byteLength;
      }
      return out;
    },
    write(block, content) {
      let at = 0;
      for (const part of parts) {
        device.write(part.buffer, block * part.bytes, content.subarray(at, at + part.bytes));
        at += part.bytes;
      }
    },
  };
}
