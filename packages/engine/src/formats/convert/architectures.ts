import { FormatError } from "../errors.ts";
import type { HfConfig } from "../hf-config.ts";

/** What turns a Hugging Face checkpoint of one family into llama.cpp's form of it. */
export interface Conversion {
  /** `general.architecture`. */
  readonly architecture: string;
  /**
   * llama.cpp rotates neighbouring values in these families where the checkpoint rotates halves: the rows of q and k are
   * reordered within each head.
   */
  readonly interleavesHeads: boolean;
  /** Gemma's norms multiply by 1 + w; in GGUF the 1 is in the weight. */
  readonly normOffset: 0 | 1;
  /** Names within a layer: `self_attn.q_proj` → `attn_q`. */
  readonly layer: Readonly<Record<string, string>>;
}

const attention = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
};
const feedForward = {
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};
const headNorms = { "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm" };
const plainLayer = { ...attention, ...feedForward, post_attention_layernorm: "ffn_norm" };
const gemmaLayer = {
  ...attention,
  ...feedForward,
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  post_feedforward_layernorm: "post_ffw_norm",
};

const llama: Conversion = { architecture: "llama", interleavesHeads: true, normOffset: 0, layer: plainLayer };
const gemma3: Conversion = {
  architecture: "gemma3",
  interleavesHeads: false,
  normOffset: 1,
  layer: { ...gemmaLayer, ...headNorms },
};

/** By the class name under `architectures` in config.json. */
const conversions: ReadonlyMap<string, Conversion> = new Map<string, Conversion>([
  ["LlamaForCausalLM", llama],
  ["MistralForCausalLM", llama],
  ["Qwen2ForCausalLM", { architecture: "qwen2", interleavesHeads: false, normOffset: 0, layer: plainLayer }],
  [
    "Qwen3ForCausalLM",
    { architecture: "qwen3", interleavesHeads: false, normOffset: 0, layer: { ...plainLayer, ...headNorms } },
  ],
  ["Gemma2ForCausalLM", { architecture: "gemma2", interleavesHeads: false, normOffset: 1, layer: gemmaLayer }],
  ["Gemma3ForCausalLM", gemma3],
  ["Gemma3ForConditionalGeneration", gemma3],
  [
    "Phi3ForCausalLM",
    {
      architecture: "phi3",
      interleavesHeads: false,
      normOffset: 0,
      layer: { ...plainLayer, "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up" },
    },
  ],
  ["SmolLM3ForCausalLM", { architecture: "smollm3", interleavesHeads: true, normOffset: 0, layer: plainLayer }],
]);

/** @throws FormatError `unsupported` for a family that has no conversion. */
export function conversionOf(config: HfConfig, model: string): Conversion {
  const names = config.architectures ?? [];
  for (const name of names) {
    const found = conversions.get(name);
    if (found !== undefined) return found;
  }
  throw new FormatError(
    "unsupported",
    `${model} is a ${names.join(", ") || config.model_type}, which has no conversion to GGUF here`,
    `Known are ${[...conversions.keys()].join(", ")}.`,
  );
}

/** Bytes in a checkpoint that are no weights of the language model: caches, and the eyes of a multimodal one. */
const skipped = /rotary_emb\.inv_freq$|^(model\.)?(vision_tower|multi_modal_projector|vision_model)\./;

/**
 * The GGUF name of a checkpoint's tensor, undefined for one that is left out.
 * @throws FormatError `unsupported` for a tensor that the family does not have.
 */
export function ggufTensorName(name: string, conversion: Conversion, config: HfConfig): string | undefined {
  if (skipped.test(name)) return undefined;
  const plain = name
    .replace(/^(language_model\.model\.|model\.language_model\.)/, "model.")
    .replace(/^language_model\./, "");
  if (plain === "model.embed_tokens.weight") return "token_embd.weight";
  if (plain === "model.norm.weight") return "output_norm.weight";
  if (plain === "lm_head.weight") return config.tie_word_embeddings ? undefined : "output.weight";
  const layer = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(plain);
  const mapped = conversion.layer[layer?.[2] ?? ""];
  if (layer !== null && mapped !== undefined && Number(layer[1]) < config.num_hidden_layers) {
    return `blk.${layer[1]}.${mapped}.${layer[3]}`;
  }
  throw new FormatError(
    "unsupported",
    `${name} has no place in the ${conversion.architecture} architecture`,
    "The checkpoint has parts that this converter does not know: an adapter, a quantised form or a newer variant.",
  );
}
