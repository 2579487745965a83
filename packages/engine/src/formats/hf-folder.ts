import { z } from "zod";
import { FormatError } from "./errors.ts";
import {
  type HfTokenizerConfig,
  hfConfigSchema,
  hfGenerationConfigSchema,
  hfTokenizerConfigSchema,
} from "./hf-config.ts";
import { checked, readJson } from "./json.ts";
import { readSafetensors } from "./safetensors.ts";
import type { ByteSource, FileSet, HfModel, TensorInfo } from "./types.ts";

const limits = {
  /** Llama 3's tokenizer.json has 9 MB, Gemma 3's 33 MB. */
  tokenizerBytes: 128 * 2 ** 20,
  configBytes: 4 * 2 ** 20,
  templateBytes: 1 * 2 ** 20,
  indexBytes: 32 * 2 ** 20,
  shards: 1_000,
} as const;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });
const tokenizerSchema = z.looseObject({ model: z.looseObject({}) });

/** A file name alone: no folders, nothing hidden, nothing that a shell or URL would read otherwise. */
export function isPlainFileName(name: string): boolean {
  return name.length <= 255 && /^[\w+@=,()[\]{} ~-][\w.+@=,()[\]{} ~-]*$/u.test(name) && !name.includes("..");
}

/**
 * Opens a Hugging Face folder: `config.json`, `tokenizer.json`, `tokenizer_config.json`, `generation_config.json`,
 * `chat_template.jinja`, and the weights in `model.safetensors` or in the shards of `model.safetensors.index.json`.
 * Reads the descriptions, not the weights.
 * @throws FormatError
 */
export async function openHuggingFace(folder: FileSet): Promise<HfModel> {
  const opened: ByteSource[] = [];
  const close = async () => {
    await Promise.all(opened.map((file) => file.close?.()));
  };
  try {
    const config = checked(hfConfigSchema, await need(folder, "config.json", limits.configBytes), "config.json");
    const tokenizerJson = checked(
      tokenizerSchema,
      await need(folder, "tokenizer.json", limits.tokenizerBytes),
      "tokenizer.json",
    );
    const tokenizerConfig = checked(
      hfTokenizerConfigSchema,
      (await optional(folder, "tokenizer_config.json", limits.configBytes)) ?? {},
      "tokenizer_config.json",
    );
    const generationConfig = checked(
      hfGenerationConfigSchema,
      (await optional(folder, "generation_config.json", limits.configBytes)) ?? {},
      "generation_config.json",
    );
    return {
      format: "safetensors",
      name: folder.name,
      metadata: config,
      generationConfig,
      tensors: await openWeights(folder, opened),
      tokenizer: { kind: "hf", tokenizerJson, tokenizerConfig },
      chatTemplate: (await templateFile(folder)) ?? templateOf(tokenizerConfig),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openWeights(folder: FileSet, opened: ByteSource[]): Promise<ReadonlyMap<string, TensorInfo>> {
  const index = await optional(folder, "model.safetensors.index.json", limits.indexBytes);
  if (index !== undefined) return openShards(folder, index, opened);
  const single = await folder.open("model.safetensors");
  if (single === undefined) {
    throw new FormatError(
      "missing",
      `${folder.name} has neither model.safetensors nor model.safetensors.index.json`,
      "Only safetensors weights are read; a pytorch_model.bin must be converted first.",
    );
  }
  opened.push(single);
  const { tensors } = await readSafetensors(single);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/** Every tensor must be in the shard that the index names, and in no other. */
async function openShards(
  folder: FileSet,
  index: unknown,
  opened: ByteSource[],
): Promise<ReadonlyMap<string, TensorInfo>> {
  const indexName = "model.safetensors.index.json";
  const { weight_map } = checked(indexSchema, index, indexName);
  const wanted = new Map(Object.entries(weight_map));
  const shards = new Set(wanted.values());
  if (shards.size > limits.shards) {
    throw new FormatError("limit", `${indexName} names ${shards.size} shards, at most ${limits.shards} are accepted`);
  }
  for (const shard of shards) {
    if (!isPlainFileName(shard) || !shard.endsWith(".safetensors")) {
      throw new FormatError(
        "invalid",
        `${indexName} names the shard ${JSON.stringify(shard.slice(0, 100))}, which is not a plain .safetensors file name`,
        "Shards lie in the same folder as the index. Do not use an index that points elsewhere.",
      );
    }
  }
  const tensors = new Map<string, TensorInfo>();
  for (const shard of shards) {
    const source = await folder.open(shard);
    if (source === undefined) {
      throw new FormatError(
        "missing",
        `${folder.name} lacks ${shard}, which ${indexName} names`,
        "Download all shards.",
      );
    }
    opened.push(source);
    for (const tensor of (await readSafetensors(source)).tensors) {
      const home = wanted.get(tensor.name);
      if (home !== shard) {
        const instead = home === undefined ? "names it nowhere" : `says it is in ${home}`;
        throw new FormatError("invalid", `${shard} holds ${tensor.name}, ${indexName} ${instead}`);
      }
      tensors.set(tensor.name, tensor);
    }
  }
  for (const [name, shard] of wanted) {
    if (!tensors.has(name))
      throw new FormatError("missing", `${shard} lacks ${name}, which ${indexName} says it holds`);
  }
  return tensors;
}

/** Newer models keep the template in a file of its own. */
async function templateFile(folder: FileSet): Promise<string | undefined> {
  const source = await folder.open("chat_template.jinja");
  if (source === undefined) return undefined;
  if (source.size > limits.templateBytes) {
    throw new FormatError(
      "limit",
      `chat_template.jinja has ${source.size} bytes, at most ${limits.templateBytes} are accepted`,
    );
  }
  const bytes = new Uint8Array(source.size);
  try {
    await source.read(0, bytes);
  } finally {
    await source.close?.();
  }
  return new TextDecoder().decode(bytes);
}

function templateOf({ chat_template }: HfTokenizerConfig): string | undefined {
  if (chat_template === undefined || chat_template === null) return undefined;
  if (typeof chat_template === "string") return chat_template;
  return (chat_template.find(({ name }) => name === "default") ?? chat_template[0])?.template;
}

async function need(folder: FileSet, name: string, limit: number): Promise<unknown> {
  const value = await optional(folder, name, limit);
  if (value !== undefined) return value;
  throw new FormatError(
    "missing",
    `${folder.name} has no ${name}`,
    "A Hugging Face folder needs config.json, tokenizer.json and safetensors weights.",
  );
}

async function optional(folder: FileSet, name: string, limit: number): Promise<unknown> {
  const source = await folder.open(name);
  if (source === undefined) return undefined;
  try {
    return await readJson(source, limit);
  } finally {
    await source.close?.();
  }
}
