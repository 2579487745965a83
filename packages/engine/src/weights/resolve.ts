import { WEIGHT_FORMATS, type WeightType } from "@tugboat/kernels";
import type { Architecture, Hyperparameters, TensorPlace, TensorSpec } from "../architectures/architecture.ts";
import { EngineError } from "../errors.ts";
import type { TensorType } from "../formats/tensor-types.ts";
import type { ModelFiles, TensorInfo } from "../formats/types.ts";

/** A tensor of the forward pass, found in the file. */
export interface ResolvedTensor {
  readonly spec: TensorSpec;
  readonly info: TensorInfo;
  /** First row of the file's tensor that belongs to it. */
  readonly firstRow: number;
  /** The type that a matrix of it has on the device; vectors become f32. */
  readonly deviceType: WeightType;
  /** Added to each value of the file. */
  readonly add: number;
}

/** What the kernels read as it is, and what other types are turned into while loading. */
const deviceTypes: Partial<Record<TensorType, WeightType>> = {
  f32: "f32",
  f16: "f16",
  bf16: "bf16",
  q8_0: "q8_0",
  q4_0: "q4_0",
  q4_K: "q4_K",
  q6_K: "q6_K",
  q4_1: "q8_0",
  q5_0: "q8_0",
  q5_1: "q8_0",
  q2_K: "q8_0",
  q3_K: "q8_0",
  q5_K: "q8_0",
};

/** Prefixes that Hugging Face puts before the names of a language model's tensors, the plain one first. */
const hfPrefixes = ["model.", "language_model.model.", "model.language_model."];

/** Tensors that carry nothing a forward pass here needs, or that were read already. */
const ignorable =
  /^rope_(freqs|factors_long|factors_short)\.weight$|rotary_emb\.inv_freq$|vision|multi_modal_projector|^v\.|^mm\./;

/**
 * Finds every tensor of an architecture in a model, and checks shapes and types before anything is allocated.
 * @throws EngineError `bad-model` for missing, misshapen or superfluous tensors, `unsupported` for types without kernels.
 */
export function resolveTensors(
  files: ModelFiles,
  architecture: Architecture,
  hyperparameters: Hyperparameters,
): Map<string, ResolvedTensor> {
  const found = new Map<string, ResolvedTensor>();
  const used = new Set<string>();
  const tied = files.format === "safetensors" && files.metadata.tie_word_embeddings === true;
  for (const spec of architecture.tensors(hyperparameters)) {
    const place = files.format === "gguf" ? spec.gguf : spec.hf;
    const info = findTensor(files, place.name);
    if (info) used.add(info.name);
    if (spec.name === "output.weight" && tied) continue;
    if (info) {
      found.set(spec.name, resolved(files, spec, place, info));
    } else if (!spec.optional) {
      throw new EngineError(
        "bad-model",
        `${files.name}: the tensor ${place.name} is missing`,
        `A ${architecture.name} model of ${hyperparameters.layers} layers needs it; get the file again, all its parts.`,
      );
    }
  }
  const strange = [...files.tensors.keys()].filter((name) => !used.has(name) && !ignorable.test(name));
  if (strange.length > 0) {
    throw new EngineError(
      "unsupported",
      `${files.name}: ${architecture.name} does not know ${strange.length} of its tensors, such as ${strange[0]}`,
      "The model is a variant that this architecture does not cover; leaving tensors out would give wrong answers.",
    );
  }
  return found;
}

function findTensor(files: ModelFiles, name: string): TensorInfo | undefined {
  const plain = files.tensors.get(name);
  if (plain || files.format === "gguf") return plain;
  for (const prefix of hfPrefixes) {
    const other = files.tensors.get(
      name.startsWith("model.") ? prefix + name.slice("model.".length) : prefix.replace(/model\.$/, "") + name,
    );
    if (other) return other;
  }
  return undefined;
}

function resolved(files: ModelFiles, spec: TensorSpec, place: TensorPlace, info: TensorInfo): ResolvedTensor {
  const expected = [place.ofRows ?? spec.shape[0]!, ...spec.shape.slice(1)];
  if (info.shape.length !== expected.length || info.shape.some((size, i) => size !== expected[i])) {
    throw new EngineError(
      "bad-model",
      `${files.name}: ${info.name} is [${info.shape.join(", ")}], the hyperparameters ask for [${expected.join(", ")}]`,
      "The file's metadata and tensors do not belong together.",
    );
  }
  const deviceType = deviceTypes[info.type];
  if (!deviceType) {
    throw new EngineError(
      "unsupported",
      `${files.name}: ${info.name} is of type ${info.type}, which has no kernel`,
      `Use a file with ${Object.keys(deviceTypes).join(", ")}.`,
    );
  }
  const columns = spec.shape.at(-1)!;
  if (spec.shape.length > 1 && columns % WEIGHT_FORMATS[deviceType].inputs !== 0) {
    throw new EngineError(
      "unsupported",
      `${files.name}: rows of ${info.name} have ${columns} values, ${deviceType} needs a multiple of ${WEIGHT_FORMATS[deviceType].inputs}`,
      "Convert the model to another type.",
    );
  }
  return { spec, info, firstRow: place.row ?? 0, deviceType, add: files.format === "gguf" ? 0 : spec.hfAdd };
}
