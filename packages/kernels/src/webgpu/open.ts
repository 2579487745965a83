import type { DeviceInfo } from "../device.ts";
import { KernelError } from "../device.ts";
import { WebGpuDevice } from "./device.ts";

/** Used when the adapter has them; every kernel has a variant that needs none. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ["shader-f16", "timestamp-query", "subgroups"];

/** WebGPU's defaults are small (128 MiB a binding); whole weight tensors need what the adapter really has. */
const WANTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** True for an adapter that is a CPU in disguise: correct, and far slower than the CPU device. */
export function isSoftware(adapter: GPUAdapter): boolean {
  const { vendor, architecture, device, description } = adapter.info;
  return /swiftshader|llvmpipe|lavapipe|\bcpu\b|basic render|warp/i.test(
    [vendor, architecture, device, description].join(" "),
  );
}

/**
 * A device from an adapter, in Node, a browser or a worker, with the adapter's full limits.
 * @throws KernelError (`no-device`) when the adapter hands out no device.
 */
export async function openAdapter(adapter: GPUAdapter): Promise<WebGpuDevice> {
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  } catch (cause) {
    throw new KernelError("no-device", `${describe(adapter)} gave no device: ${String(cause)}`, undefined, { cause });
  }
  const info: DeviceInfo = {
    kind: "webgpu",
    description: describe(adapter),
    threads: 0,
    features: new Set<string>(gpu.features),
    workgroupSize: isSoftware(adapter) ? 16 : 64,
    maxBufferSize: Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize),
    maxWorkgroupMemory: gpu.limits.maxComputeWorkgroupStorageSize,
  };
  return new WebGpuDevice(gpu, info);
}

/**
 * The GPU of the browser or worker that this runs in.
 * @throws KernelError (`no-device`) when there is none.
 */
export async function createWebGpuDevice(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<WebGpuDevice> {
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === undefined || adapter === null) {
    throw new KernelError(
      "no-device",
      "this browser offers no WebGPU adapter",
      "Use a browser with WebGPU switched on, or the CPU device.",
    );
  }
  return openAdapter(adapter);
}

function describe(adapter: GPUAdapter): string {
  const { vendor, architecture, device, description } = adapter.info;
  return description || [vendor, architecture, device].filter((part) => part !== "").join(" ") || "unnamed GPU";
}
