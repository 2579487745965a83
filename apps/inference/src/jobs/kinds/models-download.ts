import { join } from "node:path";
import { z } from "zod";
import { addModel } from "../../domain/models/add.ts";
import { CatalogError } from "../../domain/models/errors.ts";
import { prepareModel } from "../../domain/models/register.ts";
import { defineJob, JobError } from "../define.ts";
import { downloadKind } from "./models-download-input.ts";
import { enqueueMeasurement } from "./models-measure.ts";

/** What another try, a minute later, may do better. */
const passing = new Set(["hub-unreachable", "hub-refused", "bad-digest"]);

/**
 * Downloads a model from the hub and puts it into the catalog. Bytes that came stay, whatever ends a run: the next one,
 * or another download of the same model, goes on after them.
 */
export const downloadModelJob = defineJob({
  ...downloadKind,
  result: z.object({ model: z.string() }),
  backoff: { firstMs: 5000, mostMs: 300_000 },
  concurrency: 2,
  async run({ commit, input, progress, services, signal }) {
    const { home, hub } = services;
    const onProgress = ({ done, file, total }: { file: string; done: number; total: number }) =>
      progress({ stage: done < total ? "downloading" : "reading and digesting", done, total, message: file });
    progress({ stage: "asking the hub" });
    try {
      const prepared = await prepareModel(input.source, {
        name: input.name ?? undefined,
        downloads: join(home, "models"),
        hub: { ...hub, onProgress, signal },
      });
      signal.throwIfAborted();
      return await commit(async (tx) => {
        const { after, result, subject } = await addModel(tx, prepared);
        await tx.audit.append({ actor: input.actor, action: "models.download", subject, after });
        await enqueueMeasurement(tx, result.name, { createdBy: input.actor, asked: false });
        return { result: { model: result.name } };
      });
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      const { code, hint, message } = error;
      throw new JobError(message, { final: !passing.has(code), cause: error, ...(hint !== undefined && { hint }) });
    }
  },
});
