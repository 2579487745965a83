import { type Device, KernelError } from "../device.ts";
import { openCpuDevice } from "./cpu.ts";
import { createAnyWebGpuDevice, createHardwareDevice } from "./webgpu.ts";

export { openCpuDevice } from "./cpu.ts";
export { createAnyWebGpuDevice, createHardwareDevice } from "./webgpu.ts";

/** `auto`: a real GPU if there is one, else the CPU. `webgpu` also accepts a software adapter (for tests). */
export type DeviceKind = "auto" | "cpu" | "webgpu";

export interface DeviceOptions {
  /** CPU: threads that run kernels, the calling one included. Default: one per core. */
  readonly threads?: number;
  /** CPU: a folder in which compiled kernels are kept from one process to the next. */
  readonly cacheFolder?: string;
}

/** @throws KernelError (`no-device`) when the kind asked for does not exist on this machine. */
export async function createDevice(kind: DeviceKind = "auto", options: DeviceOptions = {}): Promise<Device> {
  if (kind === "cpu") return openCpuDevice(options);
  if (kind === "webgpu") return createAnyWebGpuDevice();
  // A broken or missing GPU driver is no reason to fail when the CPU was good enough.
  const gpu = await createHardwareDevice().catch((error: unknown) => {
    if (error instanceof KernelError && error.code === "no-device") return undefined;
    throw error;
  });
  return gpu ?? openCpuDevice(options);
}
