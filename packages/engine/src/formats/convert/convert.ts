import { FormatError } from "../errors.ts";
import type { GgufValue } from "../gguf-metadata.ts";
import { type PlannedTensor, type WriteOptions, writeGguf } from "../gguf-writer.ts";
import type { HfConfig } from "../hf-config.ts";
import type { ByteSink, GgufModel, HfModel, ModelFiles, TensorInfo } from "../types.ts";
import { type Conversion, conversionOf, ggufTensorName } from "./architectures.ts";
import { type EncodedType, fittingType } from "./encoding.ts";
import { headSize, hyperparameters, ropeFactors } from "./hyperparameters.ts";
import { text, u32 } from "./key-values.ts";
import { convertedTensor, madeTensor } from "./tensors.ts";
import { tokenizerMetadata } from "./tokenizer.ts";

export interface ConvertOptions extends WriteOptions {
  /** What matrices become. Norms, biases and other vectors are always f32. */
  readonly type: EncodedType;
  /** `general.name`; the input's name by default. */
  readonly name?: string;
  /** More metadata, or other values for keys that would be written: `general.license`. */
  readonly metadata?: ReadonlyMap<string, GgufValue>;
}

/** `llama_ftype` of llama.h. */
const fileTypes: Readonly<Record<EncodedType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7, bf16: 32 };

/**
 * Writes a model as GGUF, with llama.cpp's names, keys and order of rows: from a Hugging Face folder, or from another
 * GGUF file in another type. Streams; memory holds about 4 MB of weights at a time. In q4_0 the matrix that makes the
 * logits (the embedding, where they share it) stays at q8_0, as llama.cpp's own quantiser keeps it finer.
 * @throws FormatError `unsupported` for families, tokenizers and tensors that have no conversion.
 */
export async function convertModel(input: ModelFiles, output: ByteSink, options: ConvertOptions): Promise<void> {
  const { metadata, tensors } = input.format === "gguf" ? planGguf(input, options) : planHuggingFace(input, options);
  for (const [key, value] of options.metadata ?? []) metadata.set(key, value);
  await writeGguf(output, metadata, tensors, options);
}

interface Plan {
  readonly metadata: Map<string, GgufValue>;
  readonly tensors: PlannedTensor[];
}

function planHuggingFace(model: HfModel, options: ConvertOptions): Plan {
  const config = model.metadata;
  const conversion = conversionOf(config, model.name);
  const named = new Map<string, TensorInfo>();
  for (const tensor of model.tensors.values()) {
    const name = ggufTensorName(tensor.name, conversion, config);
    if (name !== undefined) named.set(name, tensor);
  }
  requireTensors(named, config, model.name);
  const type = chooseType(options.type, !named.has("output.weight"));
  const tensors = [...ropeFactors(config)].map(([name, values]) => madeTensor(name, values));
  for (const [name, tensor] of [...named].sort(([a], [b]) => fileOrder(a) - fileOrder(b))) {
    tensors.push(
      convertedTensor(tensor, {
        name,
        type: type(name, tensor),
        interleave: interleaves(name, conversion) ? headSize(config) : undefined,
        offset: isNorm(name) && conversion.normOffset === 1 ? 1 : undefined,
      }),
    );
  }
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", text(conversion.architecture)],
    ["general.type", text("model")],
    ["general.name", text(options.name ?? model.name)],
    ["general.file_type", u32(fileTypes[options.type])],
    ["general.quantization_version", u32(2)],
    ...hyperparameters(conversion.architecture, config),
    ...tokenizerMetadata(model),
  ]);
  return { metadata, tensors };
}

function planGguf(model: GgufModel, options: ConvertOptions): Plan {
  const metadata = new Map(Array.from(model.metadata.entries).filter(([key]) => !key.startsWith("split.")));
  metadata.set("general.file_type", u32(fileTypes[options.type]));
  metadata.set("general.quantization_version", u32(2));
  if (options.name !== undefined) metadata.set("general.name", text(options.name));
  const type = chooseType(options.type, !model.tensors.has("output.weight"));
  const tensors = Array.from(model.tensors.values(), (tensor) => {
    return convertedTensor(tensor, { name: tensor.name, type: type(tensor.name, tensor) });
  });
  return { metadata, tensors };
}

function chooseType(wanted: EncodedType, tied: boolean): (name: string, tensor: TensorInfo) => EncodedType {
  const logits = tied ? "token_embd.weight" : "output.weight";
  return (name, { shape }) => {
    if (shape.length < 2 || isNorm(name)) return "f32";
    return fittingType(wanted === "q4_0" && name === logits ? "q8_0" : wanted, shape.at(-1) ?? 1);
  };
}

function isNorm(name: string): boolean {
  return name.endsWith("_norm.weight");
}

function interleaves(name: string, { interleavesHeads }: Conversion): boolean {
  return interleavesHeads && /\.attn_[qk]\.(weight|bias)$/.test(name);
}

/** The order in which a forward pass reads them: a file streamed into memory is used front to back. */
function fileOrder(name: string): number {
  const layer = /^blk\.(\d+)\./.exec(name);
  if (layer !== null) return Number(layer[1]);
  return name === "token_embd.weight" ? -1 : Number.MAX_SAFE_INTEGER;
}

/** The config must fit the tensors: what follows makes room by what it says. */
function requireTensors(named: ReadonlyMap<string, TensorInfo>, config: HfConfig, model: string): void {
  const present = new Set([...named.keys()].map((name) => /^blk\.(\d+)\./.exec(name)?.[1]));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    if (!present.has(String(layer))) {
      throw new FormatError(
        "missing",
        `${model} has no tensors for layer ${layer}, config.json says ${config.num_hidden_layers} layers`,
      );
    }
  }
  for (const name of ["token_embd.weight", "output_norm.weight"]) {
    if (!named.has(name)) throw new FormatError("missing", `${model} has no tensor for ${name}`);
  }
  const shape = named.get("token_embd.weight")?.shape ?? [];
  if (shape[0] !== config.vocab_size || shape[1] !== config.hidden_size) {
    throw new FormatError(
      "invalid",
      `${model}: its embedding is [${shape.join(", ")}], config.json says [${config.vocab_size}, ${config.hidden_size}]`,
    );
  }
}
