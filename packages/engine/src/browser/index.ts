import type { ModelSource } from "../engine.ts";
import { FormatError } from "../formats/errors.ts";
import { openGguf } from "../formats/gguf.ts";
import { openHuggingFace } from "../formats/hf-folder.ts";
import type { ModelFiles } from "../formats/types.ts";
import { createDevice } from "./devices.ts";
import { blobSource, chosenFiles, type HttpOptions, httpFiles, httpSource } from "./sources.ts";

export { createDevice } from "./devices.ts";

/**
 * Opens a model over HTTP: the address of a GGUF file, or of a Hugging Face folder.
 * @param onProgress called as bytes arrive, of each file by itself.
 * @throws FormatError
 */
export async function openModelFromUrl(
  url: string,
  onProgress?: HttpOptions["onProgress"],
  signal?: AbortSignal,
): Promise<ModelSource> {
  const options = { onProgress, signal };
  const path = url.split(/[?#]/)[0] ?? url;
  if (!path.endsWith(".gguf")) return asSource(await openHuggingFace(httpFiles(url, options)));
  const source = await httpSource(url, options);
  if (!source) throw new FormatError("missing", `There is no ${url}`, "Check the address.");
  return asSource(await openGguf(source, httpFiles(path.slice(0, path.lastIndexOf("/")), options)));
}

/**
 * Opens what a person chose: a GGUF file (or all parts of a split one), or the files of a Hugging Face folder.
 * @throws FormatError
 */
export async function openModelFromFile(chosen: File | readonly File[]): Promise<ModelSource> {
  const files = chosen instanceof File ? [chosen] : chosen;
  const gguf = files.find((file) => file.name.endsWith(".gguf"));
  const folder = chosenFiles(files, files[0]?.webkitRelativePath.split("/")[0] || "chosen files");
  return asSource(gguf ? await openGguf(blobSource(gguf, gguf.name), folder) : await openHuggingFace(folder));
}

function asSource(files: ModelFiles): ModelSource {
  return { name: files.name, files, createDevice: (kind, options) => createDevice(kind, options) };
}
