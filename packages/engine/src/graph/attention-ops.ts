import { Attention, type OpSet, type Recorder } from "@tugboat/kernels";
import type { Hyperparameters, LayerAttention } from "../architectures/architecture.ts";
import { blocksFor } from "../kv/blocks.ts";
import type { SlotRef } from "./plan.ts";
import type { ProgramMemory } from "./program-memory.ts";
import type { ProgramSettings, StepShape } from "./settings.ts";

export type RecordAttention = (recorder: Recorder, shape: StepShape, layer: number, q: SlotRef, y: SlotRef) => void;

/** Positions that one workgroup of a split decode takes at least. */
const SPLIT_POSITIONS = 256;
const MOST_SPLITS = 8;

/** Attention for decodes and for prefill, one pair of ops for each kind of layer. */
export class AttentionOps {
  readonly #ops: OpSet;
  readonly #hyperparameters: Hyperparameters;
  readonly #settings: ProgramSettings;
  readonly #memory: () => ProgramMemory;
  #rowsPerTile = 1;
  #partsBytes = 0;

  constructor(ops: OpSet, hyperparameters: Hyperparameters, settings: ProgramSettings, memory: () => ProgramMemory) {
    this.#ops = ops;
    this.#hyperparameters = hyperparameters;
    this.#settings = settings;
    this.#memory = memory;
  }

  /** Rows of one sequence that a prefill tile takes; known once an op was asked for. */
  get rowsPerTile(): number {
    return this.#rowsPerTile;
  }

  /** Scratch that split decodes need. */
  get partsBytes(): number {
    return this.#partsBytes;
  }

  of({ window }: LayerAttention, qStride: number): RecordAttention {
    const { heads, attentionScale: scale, attentionSoftcap: softcap } = this.#hyperparameters;
    const { contextLength, kv, maxSequences } = this.#settings;
    const shared = {
      heads,
      kv,
      qStride,
      scale,
      softcap,
      window,
      sequences: maxSequences,
      maxBlocks: blocksFor(contextLength),
    };
    const positions = Math.min(window ?? contextLength, contextLength);
    const isGpu = this.#ops.device.info.workgroupSize > 1;
    const splits = isGpu ? Math.max(1, Math.min(MOST_SPLITS, Math.floor(positions / SPLIT_POSITIONS))) : 1;
    const decode = new Attention(this.#ops, { ...shared, phase: "decode", splits });
    const prefill = new Attention(this.#ops, { ...shared, phase: "prefill" });
    this.#rowsPerTile = prefill.rowsPerTile;
    this.#partsBytes = Math.max(this.#partsBytes, decode.partsSize(maxSequences));

    return (recorder, { rows, decodeTiles, prefillTiles }, layer, q, y) => {
      const { input, keys, parts, slot, tables, values } = this.#memory();
      const args = {
        q: slot(q),
        keys: keys[layer]!,
        values: values[layer]!,
        tables,
        placements: input("placements"),
        y: slot(y),
      };
      if (decodeTiles > 0) {
        // The rows of decodes come first, one a tile.
        decode.record(recorder, {
          ...args,
          tiles: input("decodeTiles"),
          tileCount: decodeTiles,
          rows: decodeTiles,
          parts: splits > 1 ? parts : undefined,
        });
      }
      if (prefillTiles > 0) {
        prefill.record(recorder, { ...args, tiles: input("prefillTiles"), tileCount: prefillTiles, rows });
      }
    };
  }
}
