import { architectures } from "../architectures/registry.ts";
import { EngineError } from "../errors.ts";
import { type HfConfig, hfConfigSchema, hfTokenizerConfigSchema } from "../formats/hf-config.ts";
import { memorySource } from "../formats/memory.ts";
import type { HfModel, TensorInfo } from "../formats/types.ts";
import { SeededRandom, seedFor } from "./random.ts";

export interface FreshModelOptions {
  readonly name: string;
  /** As `config.json` has it: family, shape, vocabulary. */
  readonly config: object;
  /** As `tokenizer.json` and `tokenizer_config.json` have them. */
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: object;
  readonly chatTemplate?: string;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A model that knows nothing: what training from scratch (method `full`) starts from. Matrices are normal with deviation
 * 0.02, those that write to the residual stream 0.02 / √(2 · layers) (Radford et al. 2019, section 2.3); norms are one,
 * biases zero.
 * @throws EngineError `bad-request` for a config that is none, `unsupported` for a family without training.
 */
export function freshModel(options: FreshModelOptions): HfModel {
  const config = hfConfigSchema.safeParse(options.config);
  const tokenizerConfig = hfTokenizerConfigSchema.safeParse(options.tokenizerConfig);
  const issue = config.error?.issues[0] ?? tokenizerConfig.error?.issues[0];
  if (!config.success || !tokenizerConfig.success) {
    throw new EngineError("bad-request", `config: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}`);
  }
  const { seed = 0, chatTemplate } = options;
  const residual = 0.02 / Math.sqrt(2 * config.data.num_hidden_layers);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, shape] of hfTensorShapes(config.data)) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (shape.length > 1) {
      const random = new SeededRandom(seedFor(seed, name));
      const deviation = /\.(o|down)_proj\./.test(name) ? residual : 0.02;
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.gaussian();
    } else if (name.endsWith("norm.weight")) {
      values.fill(1);
    }
    const bytes = new Uint8Array(values.buffer);
    tensors.set(name, { name, type: "f32", shape, source: memorySource(bytes, name), offset: 0, bytes: bytes.length });
  }
  return {
    format: "safetensors",
    name: options.name,
    metadata: config.data,
    generationConfig: {},
    tensors,
    tokenizer: { kind: "hf", tokenizerJson: options.tokenizerJson, tokenizerConfig: tokenizerConfig.data },
    chatTemplate,
    close: async () => undefined,
  };
}

/** Names and shapes of the tensors that a config asks for. @throws EngineError `unsupported` */
export function hfTensorShapes(config: HfConfig): Map<string, readonly number[]> {
  const architecture = architectures.find(({ hfNames }) => hfNames.includes(config.model_type));
  if (!architecture || !["llama", "qwen2", "qwen3", "smollm3"].includes(architecture.name)) {
    throw new EngineError(
      "unsupported",
      `models of ${config.model_type} are not trained from scratch here`,
      "Use llama, qwen2, qwen3 or smollm3.",
    );
  }
  const shell = { format: "safetensors", name: config.model_type, metadata: config } as const;
  const hyperparameters = architecture.fromHf({
    ...shell,
    generationConfig: {},
    tensors: new Map(),
    tokenizer: { kind: "hf", tokenizerJson: {}, tokenizerConfig: {} },
    chatTemplate: undefined,
    close: async () => undefined,
  });
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape, hf, optional } of architecture.tensors(hyperparameters)) {
    const isHead = name === "output.weight" && config.tie_word_embeddings !== true;
    const isBias = architecture.name === "qwen2" && /\.attn_[qkv]\.bias$/.test(name);
    if (!optional || isHead || isBias) shapes.set(hf.name, shape);
  }
  return shapes;
}
