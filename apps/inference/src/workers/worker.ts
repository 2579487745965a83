/** The process that runs one model. Started by `fork`; speaks `protocol.ts` over its channel. */
import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { loadEngine } from "@tugboat/engine";
import { loadAdapter, openModel } from "@tugboat/engine/node";
import { hostEngine } from "./host.ts";
import type { ToWorker } from "./protocol.ts";

if (process.send === undefined) {
  console.error("This is a worker of the Tugboat service; it is not started by hand.");
  process.exit(2);
}

// Ctrl-C reaches the whole process group: the service decides when a worker ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// The service is gone, however it went.
process.on("disconnect", () => process.exit(0));

hostEngine(
  {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => process.on("message", (message) => listener(message as ToWorker)),
    exit: (code) => process.exit(code),
  },
  async ({ path, kernelCache, ...options }, onProgress) => {
    const source = await openModel(path, { kernelCache });
    // A progress event per tensor would be thousands of messages.
    let last = 0;
    return loadEngine(source, {
      ...options,
      memoryBytes: totalmem(),
      adapters: {},
      speculation: "prompt-lookup",
      onProgress: (progress) => {
        const now = performance.now();
        if (now - last < 50 && progress.done < progress.total) return;
        last = now;
        onProgress(progress);
      },
    });
  },
  async (engine, { path }) => {
    const { mtimeMs, size } = await stat(join(path, "adapter_model.safetensors"));
    // A folder that was written anew is another adapter.
    return engine.openAdapter(`${path} ${size} ${mtimeMs}`, () => loadAdapter(path));
  },
);
