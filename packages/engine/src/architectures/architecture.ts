import type { GgufModel, HfModel } from "../formats/types.ts";
import type { RopeSpec } from "./rope.ts";

/** How one layer attends. */
export interface LayerAttention {
  /** Absent in layers that know no positions. The same object in two layers means the same table. */
  readonly rope: RopeSpec | undefined;
  /** Tokens that a token sees, itself included; undefined: all before it. */
  readonly window: number | undefined;
}

/** What a model file says about a decoder-only transformer, whatever its architecture. */
export interface Hyperparameters {
  readonly layers: number;
  readonly dim: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  /** Tokens that the model was trained to see at once. */
  readonly trainedContext: number;
  readonly normEps: number;
  /** One for each layer. */
  readonly attention: readonly LayerAttention[];
  /** What q·k is multiplied by. */
  readonly attentionScale: number;
  /** Attention scores become cap · tanh(score / cap). */
  readonly attentionSoftcap?: number;
  /** Logits become cap · tanh(logit / cap). */
  readonly outputSoftcap?: number;
  readonly embeddingScale?: number;
}

/** Where a tensor lies in a file: a whole one, or `shape[0]` rows of one that holds several. */
export interface TensorPlace {
  readonly name: string;
  /** First row; absent: the tensor is the whole of it. */
  readonly row?: number;
  /** Rows of the whole. */
  readonly ofRows?: number;
}

export interface TensorSpec {
  /** What the forward pass calls it: GGUF's name for it in the llama architecture. */
  readonly name: string;
  /** Matrices `[outputs, inputs]`, vectors `[length]`. */
  readonly shape: readonly number[];
  readonly gguf: TensorPlace;
  readonly hf: TensorPlace;
  readonly optional: boolean;
  /** Added to each value of a Hugging Face file: Gemma stores its norms' weights less one there. */
  readonly hfAdd: number;
}

/** An activation: `[rows, width]` f32. */
export interface Value {
  readonly id: number;
  readonly width: number;
}

export type Activation = "silu" | "gelu";

export interface AttentionInputs {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  /** Norms of each head's q and k before they are rotated. */
  readonly qNorm?: string;
  readonly kNorm?: string;
}

/** The words in which a forward pass is written. Who implements them decides how it runs. */
export interface ForwardGraph {
  has(tensor: string): boolean;
  /** The rows of the embedding table that the step's tokens name, times `scale`: `[rows, dim]`. */
  embed(tensor: string, scale?: number): Value;
  /** x / sqrt(mean(x²) + eps) · weight (Zhang and Sennrich 2019). */
  norm(x: Value, tensor: string): Value;
  /** x · Wᵀ, plus the bias `….bias` beside `….weight` where the model has one. */
  linear(x: Value, tensor: string): Value;
  /** Rotates q and k, writes k and v to the layer's cache, attends: `[rows, heads · headDim]`. */
  attention(layer: number, inputs: AttentionInputs): Value;
  /** activation(gate) · up (Shazeer 2020). */
  glu(gate: Value, up: Value, activation: Activation): Value;
  add(a: Value, b: Value): Value;
  /** Logits of the rows that are asked for: `norm`, then `linear`, then the soft cap. Ends the graph. */
  output(x: Value, norm: string, tensor: string): void;
}

/** One family of models: how its files describe it, which tensors it has, what it computes. */
export interface Architecture {
  readonly name: string;
  /** Values of `general.architecture`. */
  readonly ggufNames: readonly string[];
  /** Values of `model_type` in config.json. */
  readonly hfNames: readonly string[];
  /** @throws EngineError `bad-model` that names the key. */
  fromGguf(model: GgufModel): Promise<Hyperparameters>;
  /** @throws EngineError `bad-model` that names the key. */
  fromHf(model: HfModel): Hyperparameters;
  tensors(p: Hyperparameters): TensorSpec[];
  forward(graph: ForwardGraph, p: Hyperparameters): void;
}
