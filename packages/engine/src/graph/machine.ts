import type { PackedLowRank } from "@tugboat/kernels";
import type { AdaptedPlan } from "./plan.ts";
import type { ProgramSettings, StepShape } from "./settings.ts";
import type { StepInput } from "./step-input.ts";

/** What a step leaves to be read, one row for each sample. */
export type StepOutput = "tokens" | "logprobs" | "topIds" | "topLogprobs" | "logits" | "hidden";

/** The room that adapters have, in units of 8 ranks. */
export interface AdapterRoom {
  readonly targets: readonly AdaptedPlan[];
  readonly maxUnits: number;
  /** Device bytes of one unit. */
  readonly unitBytes: number;
  /** Allocated so far. */
  readonly units: number;
  /** An adapter's share of one group of matrices, `targets[ref]`, from its first unit on. */
  write(ref: number, firstUnit: number, packed: PackedLowRank): void;
}

/** Blocks of the KV cache as bytes: the keys of all layers, then the values of all layers. */
export interface BlockAccess {
  /** Of one block. */
  readonly bytes: number;
  /** After what was run before. */
  read(block: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Before what is run next. */
  write(block: number, bytes: Uint8Array<ArrayBuffer>): void;
}

/**
 * What carries steps out: one program on one device, or the stages that a model is cut into, wherever they are. What is
 * written counts for the runs after it; runs happen in the order of their calls.
 */
export interface Machine {
  readonly settings: ProgramSettings;
  /** The host's copy of what a step reads; `upload` makes it count. */
  readonly input: StepInput;
  /** Rows of one sequence that a prefill tile takes. */
  readonly rowsPerTile: number;
  /** Alternatives that `runTop` finds. */
  readonly alternatives: number;
  /** u32s of a row of token masks. */
  readonly maskWords: number;
  /** Row length of the logits, and of the hidden states. */
  readonly logitsWidth: number;
  readonly hiddenWidth: number;
  readonly adapters: AdapterRoom | undefined;
  /** Where blocks of the KV cache can be copied out and in; undefined where they lie in several places. */
  readonly blocks: BlockAccess | undefined;
  /** Steps that it computes side by side: more than 1 where each goes through several stages. */
  readonly lanes: number;
  /** A new step: what follows, until the next one, belongs to it. */
  begin(): void;
  writeTable(slot: number, blocks: Uint32Array<ArrayBuffer>): void;
  /** @param words of the edits of one sample's logits */
  writeEdits(sample: number, words: Uint32Array<ArrayBuffer>): void;
  writeMask(sample: number, words: Uint32Array<ArrayBuffer>): void;
  upload(): void;
  /** Copies the first `count` pairs of blocks that the step's input names, in every layer. */
  runCopies(count: number): void;
  /** Computes the step, and draws a token from each row of logits. */
  runStep(shape: StepShape): void;
  /** Computes the step; `samples` rows of logits, if there are any. */
  runForward(shape: StepShape): void;
  /** Computes the step up to the samples' hidden states, without their logits. */
  runHidden(shape: StepShape): void;
  /** Draws from the logits of the forward pass that ran last; rows whose flags say so obey their masks. */
  runMaskedSample(samples: number): void;
  /** The likeliest tokens of the step that ran last. */
  runTop(samples: number): void;
  /** The first `rows` rows of what this step made. */
  read(output: StepOutput, rows: number): Promise<ArrayBuffer>;
  /** Resolves when this step has been computed. */
  finish(): Promise<void>;
  /** Makes room for more adapters. Not while a step runs. @throws KernelError `out-of-memory` */
  growAdapters(units: number): Promise<void>;
  /** Keys and values of some blocks in every layer: `[layers, (keys, values), blocks]`. */
  readBlocks(blocks: readonly number[]): Promise<Uint8Array<ArrayBuffer>>;
  /** The same back. Not while a step runs that reads them. */
  writeBlocks(blocks: readonly number[], data: Uint8Array<ArrayBuffer>): Promise<void>;
  destroy(): void;
}
