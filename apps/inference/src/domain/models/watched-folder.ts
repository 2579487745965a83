import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { enqueueMeasurement } from "../../jobs/kinds/models-measure.ts";
import { addModel } from "./add.ts";
import type { HubOptions } from "./hub.ts";
import { defaultName } from "./name.ts";
import { prepareModel } from "./register.ts";

const everyMs = 2500;

export interface WatchedFolder {
  close(): Promise<void>;
}

/**
 * Adds models that somebody puts into a folder. A file is taken once it no longer grows; what can't be a model is said in
 * the log once, and looked at again when it changes.
 */
export function watchFolder(
  folder: string,
  { database, downloads, hub, log }: { database: Database; downloads: string; hub: HubOptions; log: Logger },
): WatchedFolder {
  /** What each file was like when it was last seen, and whether it was dealt with like that. */
  const seen = new Map<string, { state: string; done: boolean }>();
  let closed = false;
  const scope = database.organization(database.home.organizationId);

  const take = async (name: string): Promise<void> => {
    const path = join(folder, name);
    const { mtimeMs, size } = await stat(path);
    const state = `${size} ${mtimeMs}`;
    const known = seen.get(name);
    if (known?.state !== state) {
      seen.set(name, { state, done: false });
      return;
    }
    if (known.done) return;
    seen.set(name, { state, done: true });
    if ((await scope.models.get(defaultName(path))) !== null) return;
    const prepared = await prepareModel(path, { downloads, hub, models: scope.models });
    if (closed) return;
    await scope.transaction(async (tx) => {
      const { after, subject } = await addModel(tx, prepared);
      await tx.audit.append({ actor: "system", action: "models.add", subject, after });
      await enqueueMeasurement(tx, prepared.name, { createdBy: "system", asked: false });
    });
    log.info({ model: prepared.name }, "a model joined by the watched folder");
  };

  const look = async (): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const isModel = entry.isDirectory() || entry.name.endsWith(".gguf") || entry.name.endsWith(".safetensors");
      if (closed || !isModel || entry.name.startsWith(".")) continue;
      await take(entry.name).catch((error: unknown) => {
        if (!closed)
          log.warn({ err: error, file: entry.name }, "a file of the watched folder is no model that can be added");
      });
    }
  };
  let running: Promise<void> = mkdir(folder, { recursive: true }).then(() => {});
  const timer = setInterval(() => {
    running = running.then(look).catch((error: unknown) => {
      if (!closed) log.warn({ err: error, folder }, "the watched folder can't be read");
    });
  }, everyMs);
  timer.unref();
  return {
    close: async () => {
      closed = true;
      clearInterval(timer);
      await running.catch(() => {});
    },
  };
}
