import { convertModel, type ModelSource } from "@tugboat/engine";
import { createFile } from "@tugboat/engine/node";

/** Writes a model as trained, an adapter merged in, as GGUF, whole or not at all. */
export async function writeMerged(
  model: ModelSource,
  path: string,
  name: string,
  type: "q8_0" | "f16" = "q8_0",
): Promise<void> {
  const file = await createFile(path);
  try {
    await convertModel(model.files, file, { type, name });
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}
