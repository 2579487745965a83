import { convertModel, type ModelSource } from "@tugboat/engine";
import { createFile } from "@tugboat/engine/node";

/** Writes a model with its adapter merged in as q8_0 GGUF, whole or not at all. */
export async function writeMerged(model: ModelSource, path: string, name: string): Promise<void> {
  const file = await createFile(path);
  try {
    await convertModel(model.files, file, { type: "q8_0", name });
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}
