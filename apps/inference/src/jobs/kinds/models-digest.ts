import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256File } from "../../domain/models/digest.ts";
import { defineJob, JobError } from "../define.ts";

const outcome = z.object({
  /** Relative to the model's source path; "" when that is the file itself. */
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Whether it equals the digest that was known, or was not known before. */
  was: z.enum(["the same", "unknown"]),
});

/**
 * Computes the SHA-256 of each of a model's files: records it where none is known, and compares where one is, so that a
 * file that was damaged on its disk is found. Goes on after the last file that was finished.
 */
export const digestModel = defineJob({
  kind: "models.digest",
  input: z.object({ model: z.string() }),
  result: z.object({ files: z.array(outcome) }),
  checkpoint: z.array(outcome),
  async run({ checkpoint = [], commit, input, progress, scope, signal }) {
    const model = await scope.models.get(input.model);
    if (model === null) throw new JobError(`There is no model ${input.model}.`, { final: true });
    const total = model.files.reduce((sum, { bytes }) => sum + bytes, 0);
    let finished = checkpoint.filter(({ path }) => model.files.some((file) => file.path === path));
    let done = finished.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [index, file] of model.files.entries()) {
      if (finished.some(({ path }) => path === file.path)) continue;
      const full = file.path === "" ? model.sourcePath : join(model.sourcePath, file.path);
      await checkSize(full, file.bytes);
      const stage = model.files.length === 1 ? "reading the file" : `file ${index + 1} of ${model.files.length}`;
      const message = file.path === "" ? null : file.path;
      progress({ stage: "reading", done, total, message: message ?? stage });
      const onBytes = (bytes: number) => {
        done += bytes;
        progress({ stage: "reading", done, total, message: message ?? stage });
      };
      const sha256 = await sha256File(full, { signal, onBytes });
      if (file.sha256 !== null && file.sha256 !== sha256) throw damaged(full, file.sha256, sha256);
      const was = file.sha256 === null ? ("unknown" as const) : ("the same" as const);
      const next = [...finished, { path: file.path, bytes: file.bytes, sha256, was }];
      await commit(async (tx) => {
        await tx.models.recordDigest(model.id, file.path, sha256);
        return { result: undefined, checkpoint: next };
      });
      finished = next;
    }
    return { files: finished };
  },
});

async function checkSize(path: string, bytes: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new JobError(`The file ${path} is not there.`, {
      final: true,
      hint: "Put it back, or remove the model and add it from where its files are now.",
    });
  }
  if (found.size !== bytes) {
    throw new JobError(`The file ${path} has ${found.size} bytes; it had ${bytes} when the model was added.`, {
      final: true,
      hint: "Remove the model and add it again, if the change was meant.",
    });
  }
}

function damaged(path: string, known: string, found: string): JobError {
  return new JobError(`The file ${path} is not what it was: its SHA-256 is ${found}, and was ${known}.`, {
    final: true,
    hint: "It is damaged or was replaced. Get it again, or remove the model and add it anew.",
  });
}
