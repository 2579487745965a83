/** The process that runs one model. Started by `fork`; speaks `protocol.ts` over its channel. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { loadEngine } from "@tugboat/engine";
import { folderArchive, loadAdapter, openModel } from "@tugboat/engine/node";
import { hostEngine } from "./host.ts";
import type { LoadProgress, ToWorker } from "./protocol.ts";
import { openStaged } from "./stages/staged-engine.ts";

if (process.send === undefined) {
  console.error("This is a worker of the Tugboat service; it is not started by hand.");
  process.exit(2);
}

// Ctrl-C reaches the whole process group: the service decides when a worker ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// The service is gone, however it went.
process.on("disconnect", () => process.exit(0));

/** One folder for each model file. */
function prefixArchive({ bytes, folder }: { folder: string; bytes: number }, path: string) {
  const name = createHash("sha256").update(path).digest("hex").slice(0, 32);
  return folderArchive({ folder: join(folder, name), bytes, onProblem: (message) => console.error(message) });
}

hostEngine(
  {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => process.on("message", (message) => listener(message as ToWorker)),
    exit: (code) => process.exit(code),
  },
  async ({ path, draft: draftPath, kernelCache, prefixDisk, stages, pool: _, ...options }, onProgress) => {
    const source = await openModel(path, { kernelCache });
    const serving = { ...options, memoryBytes: totalmem(), adapters: {}, speculation: "prompt-lookup" } as const;
    // A progress event per tensor would be thousands of messages.
    let last = 0;
    const report = (progress: LoadProgress) => {
      const now = performance.now();
      if (now - last < 50 && progress.done < progress.total) return;
      last = now;
      onProgress(progress);
    };
    if (stages) {
      // Without one of them nothing goes on: the service begins the requests anew with a new worker.
      const lost = (what: string) => {
        console.error(what);
        process.exit(70);
      };
      return openStaged(source, { path, kernelCache, options: serving, stages }, report, lost);
    }
    const draft = draftPath === undefined ? undefined : await openModel(draftPath, { kernelCache });
    const archive = prefixDisk && prefixArchive(prefixDisk, path);
    const more = { ...(draft && { draft }), ...(archive && { archive }), onProgress: report };
    return { engine: await loadEngine(source, { ...serving, ...more }) };
  },
  async (engine, { path }) => {
    const { mtimeMs, size } = await stat(join(path, "adapter_model.safetensors"));
    // A folder that was written anew is another adapter.
    return engine.openAdapter(`${path} ${size} ${mtimeMs}`, () => loadAdapter(path));
  },
);
