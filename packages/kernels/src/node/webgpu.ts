import { existsSync, readdirSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { KernelError } from "../device.ts";
import type { WebGpuDevice } from "../webgpu/device.ts";
import { isSoftware, openAdapter } from "../webgpu/open.ts";

/** SwiftShader, a Vulkan driver that runs on the CPU, as Debian's `chromium` package brings it. */
const SWIFTSHADER = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/usr/lib/chromium-browser/vk_swiftshader_icd.json"];

const DAWN_OPTIONS = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];

const HOW_TO_GET_ONE =
  "Install a GPU driver with Vulkan and the loader (Debian: libvulkan1). To test without a GPU: apt-get install chromium, which brings SwiftShader. Or use the CPU device.";

/** Dawn stops working when its instance is collected while a device lives. */
const instances: GPU[] = [];

async function requestAdapter(): Promise<GPUAdapter | undefined> {
  // Imported here: machines without the native module still have the CPU device.
  const { create } = await import("webgpu");
  const gpu = create(DAWN_OPTIONS);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return undefined;
  instances.push(gpu);
  return adapter;
}

/** On Linux a GPU shows as a device file; looking first spares loading Dawn and the software drivers' complaints. */
function mayHaveGpu(): boolean {
  if (process.platform !== "linux") return true;
  const has = (folder: string, pattern: RegExp) =>
    existsSync(folder) && readdirSync(folder).some((n) => pattern.test(n));
  return has("/dev", /^(nvidia\d+|nvidiactl|kfd|dxg|mali\d+)$/) || has("/dev/dri", /^renderD/);
}

/** A hardware adapter, or `undefined`. A loader that finds only software drivers counts as none. */
async function requestHardware(): Promise<GPUAdapter | undefined> {
  if (!mayHaveGpu()) return undefined;
  const adapter = await requestAdapter();
  return adapter === undefined || isSoftware(adapter) ? undefined : adapter;
}

/**
 * SwiftShader through the Vulkan loader's own variable. The loader reads it when an instance is created, so setting it
 * in this process is early enough; worker threads have a copy of the environment that the loader never sees.
 */
async function requestSwiftShader(): Promise<GPUAdapter | undefined> {
  const driver = SWIFTSHADER.find((path) => existsSync(path));
  if (driver === undefined || !isMainThread) return requestAdapter();
  const before = process.env.VK_ICD_FILENAMES;
  process.env.VK_ICD_FILENAMES = before ?? driver;
  try {
    return await requestAdapter();
  } finally {
    if (before === undefined) delete process.env.VK_ICD_FILENAMES;
  }
}

async function tried<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    const message = `WebGPU could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new KernelError("no-device", message, HOW_TO_GET_ONE, { cause });
  }
}

/** The machine's GPU, or `undefined` when it has none that is faster than the CPU device. */
export async function createHardwareDevice(): Promise<WebGpuDevice | undefined> {
  const adapter = await tried(requestHardware);
  return adapter === undefined ? undefined : openAdapter(adapter);
}

/**
 * The machine's GPU, else SwiftShader.
 * @throws KernelError (`no-device`) when there is neither.
 */
export async function createAnyWebGpuDevice(): Promise<WebGpuDevice> {
  const adapter = (await tried(requestHardware)) ?? (await tried(requestSwiftShader));
  if (adapter === undefined) {
    throw new KernelError("no-device", "no Vulkan driver that WebGPU accepts was found", HOW_TO_GET_ONE);
  }
  return openAdapter(adapter);
}
