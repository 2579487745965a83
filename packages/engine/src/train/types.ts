import type { Device } from "@tugboat/kernels";
import type { DeviceKind, ModelSource } from "../engine.ts";
import type { TrainingMethod } from "./method.ts";
import type { MomentsKind } from "./parameters.ts";
import type { Schedule } from "./schedule.ts";

/** A text to learn from, as tokens; the whole text, prompt and answer, with its end token where it should end. */
export interface TrainingText {
  readonly tokens: readonly number[];
  /**
   * How much predicting each token counts, as long as `tokens`; the first is never predicted. Zeros for the prompt and
   * ones for the answer train on answers only (`answerText` makes that). Default: all ones.
   */
  readonly weights?: ArrayLike<number>;
}

/** Two answers to one prompt, the better one first. Weights choose the tokens of the answers. */
export interface PreferencePair {
  readonly chosen: TrainingText;
  readonly rejected: TrainingText;
  /** Log-probabilities of both under the frozen model, for DPO; computed when absent. */
  readonly reference?: { readonly chosen: number; readonly rejected: number };
}

/** What one step learns from. */
export type TrainingBatch =
  /** Cross-entropy, the mean over all weighted tokens of the batch. */
  | { readonly kind: "supervised"; readonly texts: readonly TrainingText[] }
  /** Direct preference optimisation (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290). Needs method `lora`. */
  | { readonly kind: "dpo"; readonly pairs: readonly PreferencePair[]; readonly beta?: number }
  /**
   * SimPO (Meng et al. 2024, https://arxiv.org/abs/2405.14734): no reference model; rewards are mean log-probabilities
   * times `beta`, to differ by `gamma` at least.
   */
  | {
      readonly kind: "simpo";
      readonly pairs: readonly PreferencePair[];
      readonly beta?: number;
      readonly gamma?: number;
    };

export interface OptimizerOptions {
  /** The schedule's highest. Default 1e-3 for adapters, 3e-4 for full training. */
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled; of matrices only. Default 0. */
  readonly weightDecay?: number;
  /** Gradients of a larger norm are scaled down to this one. Default 1; 0: never. */
  readonly clip?: number;
  /** `packed` takes 12 bits a trained value instead of 64; a step is then the exact one but for noise. Default `f32`. */
  readonly moments?: MomentsKind;
  /** Default: constant. */
  readonly schedule?: Schedule;
}

export interface TrainerOptions {
  readonly method: TrainingMethod;
  /** A device given ready-made is not destroyed by `close`. */
  readonly device?: DeviceKind | Device;
  /** CPU: threads that compute, at most. */
  readonly threads?: number;
  readonly optimizer?: OptimizerOptions;
  /** Tokens of one micro-batch: a batch of more is computed in parts whose gradients add up. Default 2,048. */
  readonly maxRows?: number;
  /** Longest text in tokens. Default: what the model was trained with, at most `maxRows`. */
  readonly contextLength?: number;
  /**
   * Keeps one activation per layer and computes the rest again on the way back: about a third slower, and memory for
   * activations falls to that of one layer. Default false.
   */
  readonly checkpointing?: boolean;
  /** Of all that is random: the same seed on the same device gives the same result, bit for bit. Default 0. */
  readonly seed?: number;
  readonly onProgress?: (progress: {
    readonly stage: "read" | "compile";
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal?: AbortSignal;
}

export interface StepReport {
  /** Steps taken, this one included. */
  readonly step: number;
  /** Before the step: nats per weighted token, or the preference loss per pair. */
  readonly loss: number;
  /** Tokens computed, and how many of them had a loss. */
  readonly tokens: number;
  readonly lossTokens: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** For preferences: how far the chosen answers' rewards lie above the others', and the share where they do. */
  readonly margin?: number;
  readonly preferred?: number;
}

export interface TextScore {
  /** Σ weight · log-probability, in nats. */
  readonly logprob: number;
  /** Σ weight. */
  readonly weight: number;
  /** Of each token with a weight, in order. */
  readonly logprobs: Float32Array;
}

/** A prompt with answers that it may have. */
export interface Question {
  /** Not empty. */
  readonly prompt: readonly number[];
  readonly answers: readonly (readonly number[])[];
}

export interface Evaluation {
  /** Nats per weighted token over all texts. */
  readonly loss: number;
  readonly texts: readonly TextScore[];
}

/** A LoRA adapter as peft writes it: `adapter_config.json` and `adapter_model.safetensors`. */
export interface PeftAdapter {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Uint8Array;
}

export interface TrainerInfo {
  readonly model: string;
  readonly device: string;
  readonly method: TrainingMethod;
  /** Values that are trained. */
  readonly parameters: number;
  readonly contextLength: number;
  readonly maxRows: number;
  /** Device bytes of the frozen model, of what is trained (values, gradients, moments), of activations and scratch. */
  readonly bytes: { readonly frozen: number; readonly trained: number; readonly scratch: number };
}

/** A model that learns. Methods run one after another, in the order in which they were called. */
export interface Trainer {
  readonly info: TrainerInfo;
  /** Steps taken so far. */
  readonly step: number;
  /**
   * Computes the batch's loss and its gradient, then takes one step of AdamW. A step that fails changes nothing.
   * @throws EngineError `bad-request` for an empty batch or wrong tokens, `context-overflow` for a text that is too long,
   * `diverged` when the loss or its gradient is not finite, `closed`.
   */
  train(batch: TrainingBatch): Promise<StepReport>;
  /** Scores texts without learning; `frozen`: as the model was before any training (method `lora`). */
  evaluate(texts: readonly TrainingText[], options?: { readonly frozen?: boolean }): Promise<Evaluation>;
  /**
   * The log-probability of each answer, in nats, `[questions][answers]`. A prompt is computed once for all of its answers.
   * @throws EngineError `bad-request` for an empty prompt or answer, `context-overflow`
   */
  weigh(questions: readonly Question[], options?: { readonly frozen?: boolean }): Promise<Float64Array[]>;
  /** Everything that a later `restore` needs to go on as if nothing had happened: values, moments, steps. */
  checkpoint(): Promise<Uint8Array>;
  /** @throws EngineError `bad-request` for another model's or method's checkpoint, FormatError for a damaged one. */
  restore(checkpoint: Uint8Array): Promise<void>;
  /** The adapter so far. @throws EngineError `bad-request` for method `full`. */
  exportAdapter(): Promise<PeftAdapter>;
  /** Goes on from an adapter, this trainer's or peft's; moments and steps start anew. @throws EngineError `bad-request` */
  importAdapter(adapter: PeftAdapter): Promise<void>;
  /**
   * Takes the adapter back towards the untrained model: it counts `factor` of what it did (Wortsman et al. 2022, between
   * weights of before and after). For the end of a training; moments stay as they are. @throws EngineError `bad-request`
   */
  soften(factor: number): Promise<void>;
  /**
   * The model as trained so far, for `loadEngine` or `convertModel`: adapters merged, in f32. A snapshot: training on does
   * not change it. Its files read from those of the trainer's source, which must stay open.
   */
  merged(): Promise<ModelSource>;
  close(): Promise<void>;
}
