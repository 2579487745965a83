import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { Env } from "./env.ts";

/** What models of this process are computed with. */
export function computingOf(env: Env) {
  return {
    device: env.TUGBOAT_DEVICE,
    threads: env.TUGBOAT_THREADS ?? availableParallelism(),
    kernelCache: join(env.TUGBOAT_HOME, "cache/kernels"),
  };
}

/** Where prefix caches outlive a restart, and how large each model's may be; nothing where that is off. */
export function prefixDiskOf(env: Env) {
  const bytes = env.TUGBOAT_PREFIX_DISK * 2 ** 20;
  return bytes > 0 ? { prefixDisk: { folder: join(env.TUGBOAT_HOME, "cache/prefixes"), bytes } } : {};
}

/** What all models of this process may take together, in bytes. */
export function modelBytes(env: Env): number {
  return env.TUGBOAT_MODEL_MEMORY === undefined ? machineBytes() * 0.6 : env.TUGBOAT_MODEL_MEMORY * 2 ** 20;
}

/** What this process may use: the container's limit where there is one. */
export function machineBytes(): number {
  const limit = process.constrainedMemory() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
