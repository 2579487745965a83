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

/** What all models of this process may take together, in bytes. */
export function modelBytes(env: Env): number {
  return env.TUGBOAT_MODEL_MEMORY === undefined ? machineBytes() * 0.6 : env.TUGBOAT_MODEL_MEMORY * 2 ** 20;
}

/** What this process may use: the container's limit where there is one. */
export function machineBytes(): number {
  const limit = process.constrainedMemory() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
