export { WebGpuDevice } from "./device.ts";
export { createWebGpuDevice, isSoftware, openAdapter } from "./open.ts";
