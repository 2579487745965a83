import type { LowRankShape, WeightType } from "@tugboat/kernels";
import type { Activation, LayerAttention } from "../architectures/architecture.ts";

/** A matrix on the device, made of one or more tensors of the model, one after another by rows. */
export interface WeightPlan {
  readonly label: string;
  readonly type: WeightType;
  /** Outputs, a multiple of 4: rows past the tensors' are zero. Of each half when `gated`. */
  readonly n: number;
  readonly k: number;
  /** A gate and an up projection whose panels alternate. */
  readonly gated: boolean;
  readonly parts: readonly {
    readonly tensor: string;
    readonly firstRow: number;
    readonly rows: number;
    readonly half?: "gate" | "up";
  }[];
}

/** A vector of f32 on the device: norms, biases. What no part covers is zero. */
export interface VectorPlan {
  readonly label: string;
  readonly length: number;
  readonly parts: readonly { readonly tensor: string; readonly offset: number }[];
}

/** An activation buffer. `rows` says of what it has one row each. */
export interface SlotPlan {
  readonly form: "f32" | "int8";
  readonly width: number;
  readonly rows: "step" | "sample";
}

/** Matrices that adapters may change together, because they read the same activations. */
export interface AdaptedPlan extends LowRankShape {
  /** One for each part. */
  readonly tensors: readonly string[];
}

/** In which steps an instruction runs: those in which some row has an adapter, those in which none has; absent: all. */
export type StepKind = "adapted" | "plain";

/** Index into the plan's `weights`, `vectors`, `slots`, `adapted`. */
export type WeightRef = number;
export type VectorRef = number;
export type SlotRef = number;
export type AdaptedRef = number;

export type Instruction =
  | { readonly op: "embed"; readonly weight: WeightRef; readonly y: SlotRef; readonly scale: number }
  /** y = norm(x); `y` in either form. */
  | { readonly op: "norm"; readonly x: SlotRef; readonly vector: VectorRef; readonly y: SlotRef }
  /** The same for whoever wants the model's last hidden state, and then instead of the logits. */
  | { readonly op: "hidden"; readonly x: SlotRef; readonly vector: VectorRef; readonly y: SlotRef }
  /** x += norm(t). */
  | { readonly op: "add-norm"; readonly x: SlotRef; readonly t: SlotRef; readonly vector: VectorRef }
  | { readonly op: "quantize"; readonly x: SlotRef; readonly y: SlotRef }
  | {
      readonly op: "matmul";
      readonly weight: WeightRef;
      readonly x: SlotRef;
      readonly y: SlotRef;
      readonly bias: VectorRef | undefined;
      readonly accumulate: boolean;
      readonly activation: Activation | undefined;
      /** A gated pair computed without its activation: four gates and four ups by turns. */
      readonly apart?: boolean;
      readonly steps?: StepKind;
    }
  /** y += what each row's adapter makes of x. */
  | {
      readonly op: "low-rank";
      readonly adapted: AdaptedRef;
      readonly x: SlotRef;
      /** `[rows, parts · most ranks]`. */
      readonly t: SlotRef;
      readonly y: SlotRef;
      readonly steps: "adapted";
    }
  /** y = activation(gates) · ups, of a pair that was computed apart. */
  | {
      readonly op: "glu";
      readonly x: SlotRef;
      readonly y: SlotRef;
      readonly activation: Activation;
      readonly steps: "adapted";
    }
  /** Rotates q in place and k on its way to the cache, where v goes too. One slot holds all three, or each has its own. */
  | {
      readonly op: "rope";
      readonly layer: number;
      readonly attention: LayerAttention;
      readonly qkv: readonly [SlotRef] | readonly [q: SlotRef, k: SlotRef, v: SlotRef];
      /** Norms of q's heads, then of k's. */
      readonly norms: VectorRef | undefined;
    }
  | {
      readonly op: "attention";
      readonly layer: number;
      readonly attention: LayerAttention;
      /** q, or rows that begin with it. */
      readonly q: SlotRef;
      readonly y: SlotRef;
    }
  /** x += y. */
  | { readonly op: "add"; readonly x: SlotRef; readonly y: SlotRef }
  /** The rows of x whose logits are wanted. */
  | { readonly op: "gather"; readonly x: SlotRef; readonly y: SlotRef }
  | { readonly op: "softcap"; readonly x: SlotRef; readonly cap: number };

/** A forward pass in terms of kernels and memory: what a device is given. */
export interface Plan {
  readonly weights: readonly WeightPlan[];
  readonly vectors: readonly VectorPlan[];
  readonly slots: readonly SlotPlan[];
  /** Empty for a program that takes no adapters. */
  readonly adapted: readonly AdaptedPlan[];
  readonly instructions: readonly Instruction[];
  /** Layers whose keys and values it keeps. Instructions count them from 0. */
  readonly layers: number;
  /** Where the model ends. */
  readonly output?: {
    readonly logits: SlotRef;
    /** The gathered rows' last hidden states, after the final norm. Lies where the logits may lie. */
    readonly hidden: SlotRef;
  };
  /** A stage that is not the first: the rows that it is given, before its first instruction. */
  readonly rowsIn?: SlotRef;
  /** A stage that is not the last: the rows that it hands on, after its last instruction. */
  readonly rowsOut?: SlotRef;
}
