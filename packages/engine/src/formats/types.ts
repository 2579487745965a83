import type { GgufMetadata } from "./gguf-metadata.ts";
import type { HfConfig, HfGenerationConfig, HfTokenizerConfig } from "./hf-config.ts";
import type { TensorType } from "./tensor-types.ts";

/** Where a file's bytes come from: a disk, a Blob, HTTP. Nothing is read before it is asked for. */
export interface ByteSource {
  /** For messages: `model-00001-of-00003.safetensors`. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Fills `into` exactly with the bytes from `offset` on. `into` may lie in shared memory.
   * @throws FormatError `truncated` when the source ends before, `io` when the medium fails.
   */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** Gives back what the source holds (a file handle). Reads afterwards fail. */
  close?(): Promise<void>;
}

/** Takes bytes in order, from first to last: a file being written. */
export interface ByteSink {
  /** The chunk may be reused by the caller as soon as the promise resolves. */
  write(chunk: Uint8Array): Promise<void>;
}

/** The files of one folder (or of one URL's folder), by plain name without any path. */
export interface FileSet {
  readonly name: string;
  /** Undefined when there is no such file. */
  open(name: string): Promise<ByteSource | undefined>;
}

/** One tensor, not yet read. `bytes` bytes from `offset` of `source`, rows one after another without padding. */
export interface TensorInfo {
  /** As in the file: `blk.0.attn_q.weight` in GGUF, `model.layers.0.self_attn.q_proj.weight` from Hugging Face. */
  readonly name: string;
  readonly type: TensorType;
  /** Outermost first: `[rows, columns]` for a matrix, `columns` contiguous. */
  readonly shape: readonly number[];
  readonly source: ByteSource;
  /** From the start of `source`, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** What is common to both kinds of opened model. */
interface OpenedModel {
  /** `tug-small-q8_0.gguf`, or a folder's name. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The Jinja template that turns messages into a prompt. */
  readonly chatTemplate: string | undefined;
  close(): Promise<void>;
}

export interface GgufModel extends OpenedModel {
  readonly format: "gguf";
  /** 2 or 3. */
  readonly version: number;
  readonly metadata: GgufMetadata;
  /** The tokenizer lies in `metadata` under `tokenizer.ggml.*`. */
  readonly tokenizer: { readonly kind: "gguf"; readonly metadata: GgufMetadata };
}

export interface HfModel extends OpenedModel {
  readonly format: "safetensors";
  /** `config.json`. */
  readonly metadata: HfConfig;
  /** `generation_config.json`, empty when there is none. */
  readonly generationConfig: HfGenerationConfig;
  readonly tokenizer: {
    readonly kind: "hf";
    /** `tokenizer.json`, parsed as JSON and known to be an object with a `model`; nothing else is checked. */
    readonly tokenizerJson: Readonly<Record<string, unknown>>;
    readonly tokenizerConfig: HfTokenizerConfig;
  };
}

/** An opened model: its description is read and checked, its weights are not read. Tell the two apart by `format`. */
export type ModelFiles = GgufModel | HfModel;
