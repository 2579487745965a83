import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type ModelFiles, modelAnatomy } from "@tugboat/engine";
import { openModelFiles } from "@tugboat/engine/node";
import { CatalogError } from "./errors.ts";

/** What a model's files say about it. */
export interface ModelDescription {
  /** Absolute; what is opened to serve it. */
  readonly sourcePath: string;
  readonly architecture: string;
  readonly parameters: number;
  /** In tokens, as trained. */
  readonly contextLength: number;
  /** The type that holds most of the weights: `q8_0`. */
  readonly quantisation: string;
  readonly bytes: number;
  /** Relative to the source path; "" when that is the file itself. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly hasChatTemplate: boolean;
  /** As the files name it. */
  readonly licence: string | null;
}

/**
 * Opens a model's files and checks that the engine knows what they describe and has every tensor. Reads no weights.
 * @throws CatalogError `bad-model`, `bad-source`
 */
export async function inspectModel(path: string): Promise<ModelDescription> {
  const sourcePath = resolve(path);
  try {
    const model = await openModelFiles(sourcePath);
    try {
      const { architecture, trainedContext } = await modelAnatomy(model);
      const files = await listModelFiles(sourcePath, model);
      return {
        sourcePath,
        architecture,
        ...weigh(model),
        contextLength: trainedContext,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        files,
        hasChatTemplate: model.chatTemplate !== undefined,
        licence: model.format === "gguf" ? (model.metadata.string("general.license") ?? null) : null,
      };
    } finally {
      await model.close();
    }
  } catch (error) {
    throw catalogError(error);
  }
}

/** An error of the engine's readers in the catalog's terms; what is no such error comes back as it is. */
export function catalogError(error: unknown): unknown {
  if (error instanceof CatalogError || !(error instanceof Error)) return error;
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  const missing = "code" in error && error.code === "missing" && error.message.startsWith("There is no");
  return new CatalogError(missing ? "bad-source" : "bad-model", `${error.message}.`.replace(/\.\.$/, "."), {
    hint: hint ?? "A model is a GGUF file, or a folder with config.json, tokenizer.json and safetensors.",
    cause: error,
  });
}

function weigh(model: ModelFiles): { parameters: number; quantisation: string } {
  let parameters = 0;
  const bytesOf = new Map<string, number>();
  for (const { shape, type, bytes } of model.tensors.values()) {
    parameters += shape.reduce((product, size) => product * size, 1);
    bytesOf.set(type, (bytesOf.get(type) ?? 0) + bytes);
  }
  const [quantisation = "none"] = [...bytesOf].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { parameters, quantisation };
}

async function listModelFiles(sourcePath: string, model: ModelFiles): Promise<{ path: string; bytes: number }[]> {
  const isFolder = (await stat(sourcePath)).isDirectory();
  const folder = isFolder ? sourcePath : dirname(sourcePath);
  const names = new Set([...model.tensors.values()].map(({ source }) => source.name));
  if (model.format === "safetensors") {
    for (const name of await readdir(folder)) if (/\.(json|jinja)$/.test(name)) names.add(name);
  }
  return Promise.all(
    [...names].sort().map(async (name) => ({
      path: !isFolder && name === basename(sourcePath) ? "" : name,
      bytes: (await stat(join(folder, name))).size,
    })),
  );
}
