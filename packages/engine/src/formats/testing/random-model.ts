import { type ConvertOptions, convertModel } from "../convert/convert.ts";
import type { PlannedTensor } from "../gguf-writer.ts";
import { type HfConfig, hfConfigSchema, hfTokenizerConfigSchema } from "../hf-config.ts";
import { MemorySink } from "../memory.ts";
import { matrixShape, readRows } from "../rows.ts";
import { writeSafetensors } from "../safetensors-writer.ts";
import type { ByteSink, HfModel, TensorInfo } from "../types.ts";
import { type RandomFamily, randomConfigs } from "./random-configs.ts";
import { randomTensor, type Spread } from "./random-weights.ts";
import { byteLevelTokenizer, sentencePieceTokenizer } from "./tiny-tokenizers.ts";

const chatTemplate =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/**
 * A model with random weights, as if opened from a Hugging Face folder. The same family and seed are the same model.
 * Its weights are made while they are read: it takes no memory.
 */
export function randomModel(family: RandomFamily, seed = 1): HfModel {
  const config = hfConfigSchema.parse(randomConfigs[family]);
  const usesSentencePiece = config.bos_token_id === 1;
  const tokenizer = (usesSentencePiece ? sentencePieceTokenizer : byteLevelTokenizer)(config.vocab_size);
  const template = usesSentencePiece ? undefined : chatTemplate;
  return {
    format: "safetensors",
    name: `random-${family}`,
    metadata: config,
    generationConfig: {},
    tensors: new Map(tensorsOf(config, seed).map((tensor) => [tensor.name, tensor])),
    tokenizer: {
      kind: "hf",
      tokenizerJson: tokenizer.tokenizerJson,
      tokenizerConfig: hfTokenizerConfigSchema.parse({ ...tokenizer.tokenizerConfig, chat_template: template }),
    },
    chatTemplate: template,
    close: async () => undefined,
  };
}

/** A random model as the bytes of a GGUF file. */
export async function randomGguf(family: RandomFamily, options: ConvertOptions, seed = 1): Promise<Uint8Array> {
  const sink = new MemorySink();
  await convertModel(randomModel(family, seed), sink, options);
  return sink.bytes();
}

/** A random model's files of a Hugging Face folder but the weights, by name. */
export function randomFolderFiles(family: RandomFamily, seed = 1): ReadonlyMap<string, string> {
  const { tokenizer } = randomModel(family, seed);
  return new Map([
    ["config.json", JSON.stringify({ ...randomConfigs[family], torch_dtype: "float32" }, null, 2)],
    ["tokenizer.json", JSON.stringify(tokenizer.tokenizerJson)],
    ["tokenizer_config.json", JSON.stringify(tokenizer.tokenizerConfig, null, 2)],
  ]);
}

/** A random model's weights as one safetensors file in f32. */
export async function writeRandomSafetensors(family: RandomFamily, sink: ByteSink, seed = 1): Promise<void> {
  const tensors = Array.from(randomModel(family, seed).tensors.values(), planned);
  await writeSafetensors(sink, tensors);
}

function planned(tensor: TensorInfo): PlannedTensor {
  const { rows, columns } = matrixShape(tensor);
  return {
    ...tensor,
    async *data() {
      for (let row = 0; row < rows; row++) {
        const bytes = new Uint8Array(columns * 4);
        await readRows(tensor, row, 1, bytes);
        yield bytes;
      }
    },
  };
}

/** Deviations that keep the activations of every layer around one. */
function tensorsOf(config: HfConfig, seed: number): TensorInfo[] {
  const tensors: TensorInfo[] = [];
  const add = (name: string, shape: readonly number[], spread: Spread) => {
    tensors.push(randomTensor(name, shape, seed, spread));
  };
  const matrix = (name: string, rows: number, columns: number) => {
    add(`${name}.weight`, [rows, columns], { mean: 0, deviation: 1 / Math.sqrt(columns) });
  };
  const norm = (name: string, size: number) => {
    add(`${name}.weight`, [size], { mean: isGemma ? 0 : 1, deviation: 0.1 });
  };
  const isGemma = config.model_type.startsWith("gemma");
  const heads = config.num_attention_heads;
  const keyValueHeads = config.num_key_value_heads ?? heads;
  const size = config.head_dim ?? config.hidden_size / heads;
  const { hidden_size: dim, intermediate_size: inner, vocab_size: vocabulary } = config;

  // Where the embedding also makes the logits, a large one would only ever repeat the last token.
  add("model.embed_tokens.weight", [vocabulary, dim], { mean: 0, deviation: config.tie_word_embeddings ? 0.05 : 0.2 });
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `model.layers.${i}`;
    norm(`${layer}.input_layernorm`, dim);
    if (config.model_type === "phi3") {
      matrix(`${layer}.self_attn.qkv_proj`, (heads + 2 * keyValueHeads) * size, dim);
      matrix(`${layer}.mlp.gate_up_proj`, 2 * inner, dim);
    } else {
      matrix(`${layer}.self_attn.q_proj`, heads * size, dim);
      matrix(`${layer}.self_attn.k_proj`, keyValueHeads * size, dim);
      matrix(`${layer}.self_attn.v_proj`, keyValueHeads * size, dim);
      matrix(`${layer}.mlp.gate_proj`, inner, dim);
      matrix(`${layer}.mlp.up_proj`, inner, dim);
    }
    matrix(`${layer}.self_attn.o_proj`, dim, heads * size);
    matrix(`${layer}.mlp.down_proj`, dim, inner);
    norm(`${layer}.post_attention_layernorm`, dim);
    if (isGemma) {
      norm(`${layer}.pre_feedforward_layernorm`, dim);
      norm(`${layer}.post_feedforward_layernorm`, dim);
    }
    if (config.model_type === "qwen3" || config.model_type === "gemma3_text") {
      norm(`${layer}.self_attn.q_norm`, size);
      norm(`${layer}.self_attn.k_norm`, size);
    }
    if (config.model_type === "qwen2") {
      for (const [name, rows] of [
        ["q_proj", heads * size],
        ["k_proj", keyValueHeads * size],
        ["v_proj", keyValueHeads * size],
      ] as const) {
        add(`${layer}.self_attn.${name}.bias`, [rows], { mean: 0, deviation: 0.1 });
      }
    }
  }
  norm("model.norm", dim);
  if (!config.tie_word_embeddings) matrix("lm_head", vocabulary, dim);
  return tensors;
}
