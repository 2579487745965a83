/**
 * Makes models with random weights, for parity tests and benchmarks. The same family and seed give the same model.
 *
 *   npx tsx --conditions=@tugboat/source packages/engine/scripts/make-random-model.ts --bench --type q8_0 --out bench.gguf
 *   npx tsx --conditions=@tugboat/source packages/engine/scripts/make-random-model.ts --family qwen3 --type f32 --out qwen3.gguf
 *   npx tsx --conditions=@tugboat/source packages/engine/scripts/make-random-model.ts --family gemma2 --folder --out gemma2/
 *
 * `--bench` is a Llama of 135M parameters (30 layers, dim 576), `--folder` writes a Hugging Face folder in f32.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { convertModel } from "../src/formats/convert/convert.ts";
import { encodedTypes } from "../src/formats/convert/encoding.ts";
import { type RandomFamily, randomConfigs } from "../src/formats/testing/random-configs.ts";
import { randomFolderFiles, randomModel, writeRandomSafetensors } from "../src/formats/testing/random-model.ts";
import type { ByteSink } from "../src/formats/types.ts";
import { createFile } from "../src/node/files.ts";

const { values } = parseArgs({
  options: {
    bench: { type: "boolean", default: false },
    family: { type: "string", default: "llama" },
    folder: { type: "boolean", default: false },
    type: { type: "string", default: "f32" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
const families = Object.keys(randomConfigs);
const options = z
  .object({
    bench: z.boolean(),
    family: z.custom<RandomFamily>((name) => families.includes(name), `--family is one of ${families.join(", ")}`),
    folder: z.boolean(),
    type: z.enum(encodedTypes),
    seed: z.coerce.number().int(),
    out: z.string("--out says where to write"),
  })
  .parse(values);

const family: RandomFamily = options.bench ? "bench135M" : options.family;
if (options.folder) {
  await mkdir(options.out, { recursive: true });
  for (const [name, content] of randomFolderFiles(family, options.seed))
    await writeFile(join(options.out, name), content);
  await write(join(options.out, "model.safetensors"), (sink) => writeRandomSafetensors(family, sink, options.seed));
} else {
  await write(options.out, (sink) => convertModel(randomModel(family, options.seed), sink, { type: options.type }));
}
console.log(options.out);

async function write(path: string, content: (sink: ByteSink) => Promise<void>): Promise<void> {
  const file = await createFile(path);
  try {
    await content(file);
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
