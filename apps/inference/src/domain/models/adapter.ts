import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Models, NewModel } from "@tugboat/db";
import { describeAdapter } from "@tugboat/engine";
import { loadAdapter, openModelFiles } from "@tugboat/engine/node";
import { sha256File } from "./digest.ts";
import { CatalogError } from "./errors.ts";
import { catalogError } from "./inspect.ts";

const fileNames = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Whether a path is a folder that peft has saved an adapter in. */
export function isAdapter(path: string): boolean {
  return existsSync(join(path, fileNames[0]));
}

/**
 * What the catalog must know of an adapter's folder. The adapter is read as serving it would, against its model's files.
 * @param base the model in the catalog that it changes; by default the one that its config names.
 * @throws CatalogError
 */
export async function prepareAdapter(
  name: string,
  folder: string,
  { base, models }: { readonly base?: string | undefined; readonly models: Pick<Models, "get"> },
): Promise<NewModel> {
  const sourcePath = resolve(folder);
  try {
    const peft = await loadAdapter(sourcePath);
    const named = peft.config.base_model_name_or_path;
    const wanted = base ?? (typeof named === "string" ? basename(named) : "");
    const model = await models.get(wanted);
    if (model === null || model.base !== null) {
      throw new CatalogError("not-found", `The adapter changes the model "${wanted}", which is not in the catalog.`, {
        hint: "Add that model first, or say which model of the catalog it was made for.",
      });
    }
    const files = await openModelFiles(model.sourcePath);
    const { parameters, rank } = await describeAdapter(files, peft).finally(() => files.close());
    const found = await Promise.all(
      fileNames.map(async (path) => {
        const file = join(sourcePath, path);
        return { path, bytes: (await stat(file)).size, sha256: await sha256File(file) };
      }),
    );
    return {
      name,
      sourcePath,
      base: model.name,
      architecture: model.architecture,
      parameters,
      contextLength: model.contextLength,
      quantisation: `lora r${rank}`,
      licence: model.licence,
      bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
      files: found,
    };
  } catch (error) {
    throw catalogError(error);
  }
}
