/** What the CPU device needs of Node: threads, V8's switches, the processor's name. */
import { availableParallelism, cpus } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { type CpuDevice, createCpuDevice } from "../cpu/index.ts";
import type { ThreadPort } from "../cpu/threads.ts";
import { folderCache } from "./kernel-cache.ts";

let prepared = false;

/** Must run before the first WebAssembly module of the process is compiled. */
function prepareV8(): void {
  if (prepared) return;
  prepared = true;
  // Node 20 has relaxed SIMD behind a switch; newer versions accept and ignore it.
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  // Kernels are few, hot and run for long: compile each once, with the optimising compiler, before it is needed.
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
  // Kernels neither recurse nor run long: checking the stack in every turn of an inner loop only costs.
  setFlagsFromString("--no-wasm-stack-checks");
}

function spawnThread(source: string): ThreadPort {
  const worker = new Worker(source, { eval: true, stdout: false, stderr: false });
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => {
      worker.on("message", listener);
      worker.on("error", (error) => listener({ type: "failed", error: error.message }));
      // Adding a listener makes the worker keep the process alive again.
      worker.unref();
    },
    hold: (keep) => (keep ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

export interface CpuOptions {
  readonly threads?: number;
  readonly relaxed?: boolean;
  /** A folder in which compiled kernels are kept from one process to the next. */
  readonly cacheFolder?: string;
}

/** `threads` counts the calling thread; by default one per core. */
export function openCpuDevice(options: CpuOptions = {}): Promise<CpuDevice> {
  prepareV8();
  const threads = options.threads ?? availableParallelism();
  const cache = options.cacheFolder === undefined ? undefined : folderCache(options.cacheFolder);
  const description = cpus()[0]?.model.trim() || "CPU";
  return createCpuDevice({ threads, relaxed: options.relaxed, cache, spawn: spawnThread, description });
}
