import type { Binding, Recorder } from "../device.ts";
import { checkKvShape, KV_BLOCK, type KvShape, kvCacheBytes } from "./kv-layout.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { type RopeStyle, ropeTableSize } from "./rope-table.ts";

export interface RopeOptions {
  readonly style: RopeStyle;
  /** Inputs of a head that turn, from its first on: a multiple of 8 for `halves`, of 4 for `interleaved`. */
  readonly dimensions: number;
  /** Rows of the table. */
  readonly positions: number;
}

export interface RopeKvOptions {
  readonly heads: number;
  readonly kv: KvShape;
  /** Absent in layers that know no positions. */
  readonly rope?: RopeOptions;
  /** RMSNorm of each query and key head before they turn. */
  readonly norm?: { readonly epsilon: number };
  /** True: q, k and v are one buffer `[rows, (heads + 2·kvHeads)·headDim]`. */
  readonly fused: boolean;
}

export interface RopeKvArgs {
  /** `[rows, heads·headDim]` f32, turned in place. Fused: q, k and v in one. */
  readonly q: Binding;
  /** `[rows, kvHeads·headDim]` f32, not changed; absent when fused. */
  readonly k?: Binding;
  readonly v?: Binding;
  /** `[rows]` of u32 pairs (position, physical slot); slot `NO_SLOT`: nothing is written. */
  readonly placements: Binding;
  /** See `arrangeRopeTable`; absent without rope. */
  readonly table?: Binding;
  /** `[2, headDim]` f32: weights for the queries, then for the keys; absent without norm. */
  readonly norms?: Binding;
  readonly keys: Binding;
  readonly values: Binding;
  readonly rows: number;
}

/** Turns q in place and k on its way into the layer's paged cache, where v goes too. */
export class RopeKv {
  readonly options: RopeKvOptions;
  readonly #kernel: Kernel;
  readonly #headGroups: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: RopeKvOptions) {
    const { heads, kv, rope, norm, fused } = options;
    checkKvShape("rope_kv", kv);
    const step = rope?.style === "interleaved" ? 4 : 8;
    const turning = rope?.dimensions ?? 0;
    checkShape(
      turning % step === 0 && turning <= kv.headDim,
      "rope_kv",
      `${turning} turning inputs in a head of ${kv.headDim}; they must be a multiple of ${step}`,
    );
    this.options = options;
    const all = heads + 2 * kv.kvHeads;
    // One head a workgroup keeps a GPU busy; on the CPU a head alone is not worth a call.
    const perGroup = ops.device.info.workgroupSize === 1 ? all : 1;
    this.#headGroups = ceilDiv(all, perGroup);
    this.#kernel = ops.kernel("rope_kv", {
      constants: {
        HEADS: heads,
        KV_HEADS: kv.kvHeads,
        HEAD_DIM: kv.headDim,
        Q_STRIDE4: (rowHeads(options) * kv.headDim) / 4,
        FUSED: Number(fused),
        ROTARY_DIM: turning,
        NEOX: Number(rope?.style !== "interleaved"),
        MAX_POSITIONS: rope?.positions ?? 1,
        NORM: Number(norm !== undefined),
        EPS: norm?.epsilon ?? 0,
        KV_F16: Number(kv.type === "f16"),
        KV_Q8: Number(kv.type === "q8_0"),
        BLOCK: kv.blockSize ?? KV_BLOCK,
        BLOCKS: kv.blocks,
        HEADS_PER_GROUP: perGroup,
      },
      // A head has at most 64 vec4s.
      workgroupSize: Math.min(ops.device.info.workgroupSize, 32),
    });
  }

  record(recorder: Recorder, args: RopeKvArgs): void {
    const { kv, rope, norm, fused } = this.options;
    const { q, k, v, placements, table, norms, keys, values, rows } = args;
    checkShape(
      (k === undefined) === fused && (v === undefined) === fused,
      "rope_kv",
      "k and v come with q or beside it",
    );
    checkShape(
      (table !== undefined) === (rope !== undefined),
      "rope_kv",
      "a table is given exactly when there is rope",
    );
    checkShape(
      (norms !== undefined) === (norm !== undefined),
      "rope_kv",
      "norms are given exactly when there is a norm",
    );
    const kvRow = kv.kvHeads * kv.headDim * 4;
    const cache = kvCacheBytes(kv);
    checkSize("rope_kv", "q", q, rows * rowHeads(this.options) * kv.headDim * 4);
    if (k !== undefined) checkSize("rope_kv", "k", k, rows * kvRow);
    if (v !== undefined) checkSize("rope_kv", "v", v, rows * kvRow);
    checkSize("rope_kv", "placements", placements, rows * 8);
    if (rope !== undefined && table !== undefined) {
      checkSize("rope_kv", "table", table, ropeTableSize(rope.positions, rope.dimensions, rope.style) * 4);
    }
    if (norms !== undefined) checkSize("rope_kv", "norms", norms, kv.headDim * 8);
    checkSize("rope_kv", "keys", keys, cache.keys);
    checkSize("rope_kv", "values", values, cache.values);
    // What a variant does not read is bound to any buffer that is only read.
    const unused = placements;
    const bindings = [q, k ?? unused, v ?? unused, placements, table ?? unused, norms ?? unused, keys, values];
    this.#kernel.dispatch(recorder, bindings, [rows, this.#headGroups]);
  }
}

function rowHeads({ heads, kv, fused }: RopeKvOptions): number {
  return fused ? heads + 2 * kv.kvHeads : heads;
}
