import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelSource, PeftAdapter } from "@tugboat/engine";
import { loadAdapter, openModel, readCheckpointFile, saveAdapter, writeCheckpointFile } from "@tugboat/engine/node";
import type { RunPlace } from "@tugboat/tuning/run";
import { writeMerged } from "./merged-file.ts";
import type { ServiceRunSpec } from "./protocol.ts";

/** A folder on the disk: what a killed run had finished is found there again. */
export async function folderPlace(spec: ServiceRunSpec): Promise<RunPlace> {
  const { folder, kernelCache, modelPath, startFrom } = spec;
  await mkdir(folder, { recursive: true });
  return {
    openModel: () => openModel(modelPath, { kernelCache }),
    read: (name) => readCheckpointFile(join(folder, name)),
    write: (name, bytes) => writeCheckpointFile(join(folder, name), bytes),
    async saveAdapter(name, adapter) {
      const path = join(folder, name);
      await saveAdapter(path, adapter);
      return path;
    },
    loadAdapter: (name) => adapterIn(join(folder, name)),
    earlierAdapter: async (name) => (startFrom === undefined ? undefined : adapterIn(join(startFrom.folder, name))),
    async saveModel(merged: ModelSource) {
      const path = join(folder, `${spec.name}-q8_0.gguf`);
      await writeMerged(merged, path, spec.name);
      return path;
    },
  };
}

async function adapterIn(folder: string): Promise<PeftAdapter | undefined> {
  // Its configuration is written last: without it the folder is none yet.
  const config = await stat(join(folder, "adapter_config.json")).catch(() => undefined);
  return config === undefined ? undefined : loadAdapter(folder);
}
