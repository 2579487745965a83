import type { Device, DeviceBuffer, Recorder } from "../device.ts";
import { OpSet } from "../ops/op.ts";

/** A buffer with the given content. */
export function upload(device: Device, data: ArrayBufferView, label = "input"): DeviceBuffer {
  const bytes = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const buffer = device.createBuffer(bytes.length, label);
  device.write(buffer, 0, bytes);
  return buffer;
}

/** A buffer of `count` 4-byte words, all bits set: NaN as f32, -1 as i32. What a kernel forgets to write shows up. */
export function poisoned(device: Device, count: number, label = "output"): DeviceBuffer {
  return upload(device, new Uint32Array(count).fill(0xffffffff), label);
}

export async function readF32(device: Device, buffer: DeviceBuffer): Promise<Float32Array> {
  return new Float32Array(await device.read(buffer));
}

export async function readU32(device: Device, buffer: DeviceBuffer): Promise<Uint32Array> {
  return new Uint32Array(await device.read(buffer));
}

/** Builds ops, compiles them, records one run of `use` and runs it. */
export async function runOps<T>(
  device: Device,
  build: (ops: OpSet) => T,
  use: (op: T, recorder: Recorder) => void,
): Promise<void> {
  const ops = new OpSet(device);
  const op = build(ops);
  await ops.compile();
  const recording = device.record("test", (recorder) => use(op, recorder));
  device.run(recording);
  await device.finish();
  recording.destroy();
}
