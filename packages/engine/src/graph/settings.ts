import type { KvShape } from "@tugboat/kernels";

/** How large a program's steps may be. Fixed when it is made: every kernel is compiled for it. */
export interface ProgramSettings {
  /** Tokens of one step. */
  readonly maxRows: number;
  /** Rows of logits of one step. */
  readonly maxSamples: number;
  /** Sequences that have a block table. */
  readonly maxSequences: number;
  /** Positions that a sequence may have. */
  readonly contextLength: number;
  /** Changed logits (penalties, biases) of one row at most. */
  readonly maxEdits: number;
  /** One layer's cache. */
  readonly kv: KvShape;
  /** Absent: the program takes no adapters. */
  readonly adapters?: AdapterSettings;
}

export interface AdapterSettings {
  /** Of one adapter, a multiple of 8. */
  readonly maxRank: number;
  /** Device bytes that all adapters together may take. */
  readonly bytes: number;
}

/** What one recording is made for. Rows of decodes lie before those of prefill. */
export interface StepShape {
  readonly rows: number;
  readonly decodeTiles: number;
  readonly prefillTiles: number;
  readonly samples: number;
  /** Tiles of rows that have an adapter; absent or 0: the step is plain. */
  readonly adapterTiles?: number;
}
