import { DatabaseError } from "@tugboat/db";
import { DatasetError } from "@tugboat/records";
import { DatasetFiles } from "../../domain/datasets/file-store.ts";
import { importedAs, importFile, importResult } from "../../domain/datasets/import.ts";
import { defineJob, JobError } from "../define.ts";
import { importKind } from "./datasets-import-input.ts";

/** Brings a file that was sent into a dataset: all of it as one new version, or nothing. */
export const importDataset = defineJob({
  ...importKind,
  result: importResult,
  async run({ id, input, progress, scope, services, signal }) {
    const files = new DatasetFiles(services.home);
    const done = importedAs(id, await scope.datasets.versions(input.dataset));
    if (done !== undefined) {
      await files.remove(scope.id, input.upload);
      return { version: done.number, made: true, rows: done.added + done.changed, skipped: 0, leaks: 0 };
    }
    try {
      const { actor: createdBy, dataset, file, mapping, mode, note } = input;
      const path = await files.path(scope.id, input.upload);
      const wanted = { path, file, dataset, mapping, mode, note, createdBy, importId: id };
      const result = await importFile(scope, wanted, { signal, progress });
      await files.remove(scope.id, input.upload);
      return result;
    } catch (error) {
      const final = error instanceof DatasetError || (error instanceof DatabaseError && error.code === "not-found");
      if (!final) throw error;
      await files.remove(scope.id, input.upload);
      throw new JobError(error.message, { final: true, cause: error, ...(error.hint && { hint: error.hint }) });
    }
  },
});
