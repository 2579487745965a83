export type {
  Binding,
  Device,
  DeviceBuffer,
  DeviceInfo,
  Groups,
  KernelErrorCode,
  Pipeline,
  PipelineSpec,
  Recorder,
  Recording,
} from "./device.ts";
export { KernelError } from "./device.ts";
export { type Kernel, type KernelOptions, OpSet } from "./ops/op.ts";
export { ACTIVATION_BLOCK, Quantize, type QuantizeArgs, quantizedSize } from "./ops/quantize.ts";
export { type KernelName, wgslSources } from "./wgsl/sources.gen.ts";
