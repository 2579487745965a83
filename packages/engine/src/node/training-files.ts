import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../errors.ts";
import { FormatError } from "../formats/errors.ts";
import { checked, parseJson } from "../formats/json.ts";
import type { PeftAdapter } from "../train/types.ts";
import { createFile } from "./files.ts";

const configName = "adapter_config.json";
const weightsName = "adapter_model.safetensors";

/**
 * Writes a checkpoint so that its place holds the old one or the new one whole, whenever the process dies.
 * @throws FormatError `io`, when the disk is full: the old one stays.
 */
export async function writeCheckpointFile(path: string, checkpoint: Uint8Array): Promise<void> {
  const file = await createFile(path);
  try {
    await file.write(checkpoint);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}

/** Undefined when there is none yet. */
export async function readCheckpointFile(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new FormatError("io", `${path} cannot be read`, undefined, { cause });
  });
}

/** Writes an adapter as the folder that peft's `PeftModel.from_pretrained` takes. */
export async function saveAdapter(folder: string, { config, weights }: PeftAdapter): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeCheckpointFile(join(folder, weightsName), weights);
  // Last: a folder with a config is a whole one.
  await writeCheckpointFile(join(folder, configName), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
}

/** Reads a folder that peft or `saveAdapter` wrote. @throws EngineError `bad-request`, FormatError */
export async function loadAdapter(folder: string): Promise<PeftAdapter> {
  const read = async (name: string) => {
    const bytes = await readCheckpointFile(join(folder, name));
    if (bytes) return bytes;
    throw new EngineError("bad-request", `${folder} holds no ${name}`, "An adapter is a folder that peft has saved.");
  };
  const text = parseJson(await read(configName), configName);
  const config = checked(z.record(z.string(), z.unknown()), text, configName);
  return { config, weights: await read(weightsName) };
}
