/** The CPU device. Needs no Node API: the runtime's way of starting a thread is passed in. */
export type { KernelCache } from "./compiled.ts";
export { CpuDevice, type CpuDeviceOptions, hasRelaxedSimd, type KernelTime } from "./device.ts";
export type { SpawnThread, ThreadPort } from "./threads.ts";

import { CpuDevice, type CpuDeviceOptions } from "./device.ts";

export function createCpuDevice(options: CpuDeviceOptions): Promise<CpuDevice> {
  return CpuDevice.open(options);
}
