import { type Device, KernelError } from "@tugboat/kernels";
import { createCpuDevice, type SpawnThread } from "@tugboat/kernels/cpu";
import { createWebGpuDevice } from "@tugboat/kernels/webgpu";
import type { DeviceKind } from "../engine.ts";

/** Most threads that help: the page and the browser need cores too. */
const MOST_THREADS = 8;

const spawnThread: SpawnThread = (source) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => {
      worker.onmessage = ({ data }) => listener(data);
      worker.onerror = ({ message }) => listener({ type: "failed", error: message });
    },
    // Pages do not end by themselves.
    hold: () => {},
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
};

/** Compiled kernels live as long as the worker: what loads a model again and again lowers them once. */
const kernels = new Map<string, Uint8Array>();
const cache = {
  read: (key: string) => kernels.get(key),
  write: (key: string, value: Uint8Array) => void kernels.set(key, value),
};

/**
 * `auto`: WebGPU where the browser has it, else WebAssembly. Threads need a page that is cross-origin isolated; without,
 * the CPU device runs on one.
 * @throws KernelError `no-device`
 */
export async function createDevice(kind: DeviceKind, options: { readonly threads?: number } = {}): Promise<Device> {
  if (kind !== "cpu") {
    try {
      return await createWebGpuDevice();
    } catch (error) {
      const isMissing = error instanceof KernelError && error.code === "no-device";
      if (kind === "webgpu" || !isMissing) throw error;
    }
  }
  const threads = options.threads ?? Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1);
  return createCpuDevice({ threads, cache, spawn: spawnThread, description: "WebAssembly" });
}
