import type { Binding, Recorder } from "../device.ts";
import { planTile } from "./attention-plan.ts";
import { checkKvShape, KV_BLOCK, type KvShape, kvCacheBytes } from "./kv-layout.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";

export interface AttentionOptions {
  readonly heads: number;
  readonly kv: KvShape;
  /** Row length of the q buffer in f32s, when q is the front of longer rows. Default: heads · headDim. */
  readonly qStride?: number;
  /** What q·k is multiplied by. */
  readonly scale: number;
  /** cap · tanh(score / cap); 0 or undefined: none. */
  readonly softcap?: number;
  /** Positions that a row sees, itself included; undefined: all before it. */
  readonly window?: number;
  /** Rows of the block table. */
  readonly sequences: number;
  /** Blocks of a sequence at most. */
  readonly maxBlocks: number;
  /** `decode`: tiles of one row. `prefill`: tiles of several rows of one sequence, which share each load of K and V. */
  readonly phase: "decode" | "prefill";
  /** Cuts the positions of each sequence among so many workgroups, merged by a second kernel. See `attentionSplits`. Default 1. */
  readonly splits?: number;
}

export interface AttentionArgs {
  /** `[rows, qStride]` f32. */
  readonly q: Binding;
  readonly keys: Binding;
  readonly values: Binding;
  /** `[sequences, maxBlocks]` u32: physical blocks. */
  readonly tables: Binding;
  /** `[rows]` of u32 pairs, as `RopeKv` takes them; only the position is read. */
  readonly placements: Binding;
  /** `[tileCount, 4]` u32, from `attentionTiles`. */
  readonly tiles: Binding;
  readonly tileCount: number;
  /** `[rows, heads, headDim]` f32. */
  readonly y: Binding;
  /** `partsSize(rows)` bytes of scratch; only with splits. */
  readonly parts?: Binding;
  readonly rows: number;
}

/**
 * softmax(scale · q·kᵀ) · v over the paged cache, causal, for rows of several sequences at once; heads / kvHeads query
 * heads share each KV head. The rows of a tile must ascend in position.
 */
export class Attention {
  readonly options: AttentionOptions;
  /** Most rows of a tile: give it to `attentionTiles`. */
  readonly rowsPerTile: number;
  readonly #kernel: Kernel;
  readonly #merge: Kernel | undefined;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: AttentionOptions) {
    const { heads, kv, scale, softcap = 0, window = 0, sequences, maxBlocks, splits = 1 } = options;
    const qStride = options.qStride ?? heads * kv.headDim;
    checkKvShape("attention", kv);
    checkShape(heads % kv.kvHeads === 0, "attention", `${heads} heads cannot share ${kv.kvHeads} KV heads evenly`);
    checkShape(qStride % 4 === 0 && qStride >= heads * kv.headDim, "attention", `rows of q have ${qStride} values`);
    checkShape(sequences > 0 && maxBlocks > 0 && splits > 0, "attention", "no sequences, blocks or splits");
    this.options = options;
    const plan = planTile(ops.device.info, heads / kv.kvHeads, kv, options.phase);
    this.rowsPerTile = plan.constants.ROWS;
    this.#kernel = ops.kernel("attention", {
      workgroupSize: plan.lanes,
      constants: {
        HEADS: heads,
        KV_HEADS: kv.kvHeads,
        HEAD_DIM: kv.headDim,
        Q_STRIDE4: qStride / 4,
        BLOCK: kv.blockSize ?? KV_BLOCK,
        BLOCKS: kv.blocks,
        MAX_BLOCKS: maxBlocks,
        SEQUENCES: sequences,
        KV_F16: Number(kv.type === "f16"),
        KV_Q8: Number(kv.type === "q8_0"),
        SCALE: scale,
        SOFTCAP: softcap,
        WINDOW: window,
        SPLITS: splits,
        ...plan.constants,
      },
    });
    const merged = { HEADS: heads, HEAD4: kv.headDim / 4, SPLITS: splits };
    this.#merge = splits > 1 ? ops.kernel("attention_merge", { constants: merged }) : undefined;
  }

  /** Bytes of `parts` for so many rows. */
  partsSize(rows: number): number {
    const { heads, kv, splits = 1 } = this.options;
    return splits === 1 ? 0 : rows * heads * splits * (kv.headDim + 4) * 4;
  }

  record(recorder: Recorder, args: AttentionArgs): void {
    const { heads, kv, sequences, maxBlocks, splits = 1 } = this.options;
    const { q, keys, values, tables, placements, tiles, tileCount, y, parts, rows } = args;
    const cache = kvCacheBytes(kv);
    checkSize("attention", "q", q, rows * (this.options.qStride ?? heads * kv.headDim) * 4);
    checkSize("attention", "keys", keys, cache.keys);
    checkSize("attention", "values", values, cache.values);
    checkSize("attention", "tables", tables, sequences * maxBlocks * 4);
    checkSize("attention", "placements", placements, rows * 8);
    checkSize("attention", "tiles", tiles, tileCount * 16);
    checkSize("attention", "y", y, rows * heads * kv.headDim * 4);
    checkShape((parts !== undefined) === splits > 1, "attention", "parts are given exactly when there are splits");
    if (parts !== undefined) checkSize("attention", "parts", parts, this.partsSize(rows));
    const bindings = [q, keys, values, tables, placements, tiles, parts ?? y];
    this.#kernel.dispatch(recorder, bindings, [tileCount, kv.kvHeads, splits]);
    if (parts !== undefined) this.#merge?.dispatch(recorder, [parts, y], [rows]);
  }
}
