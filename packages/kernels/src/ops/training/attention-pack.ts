import type { Binding, DeviceInfo, Recorder } from "../../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";

export interface AttentionPackOptions {
  readonly heads: number;
  /** Divides `heads`. */
  readonly kvHeads: number;
  /** A multiple of 4. */
  readonly headDim: number;
  readonly scale: number;
  /** Rows that a row sees, itself included. */
  readonly window?: number;
}

interface Shared {
  /** `[rows, heads, headDim]` f32. */
  readonly q: Binding;
  /** `[rows, kvHeads, headDim]` f32. */
  readonly k: Binding;
  readonly v: Binding;
  /** `[rows, 2]` u32: first row of the row's text, and the row after its last. */
  readonly segments: Binding;
  readonly rows: number;
}

export interface AttentionPackArgs extends Shared {
  /** `[rows, 2]` u32: rows of its text that a row does not see, from the first to before the last; the gradient knows none. */
  readonly hidden: Binding;
  readonly out: Binding;
  /** `[rows, heads]` f32: kept for the gradient. */
  readonly lse: Binding;
}

export interface AttentionPackBackArgs extends Omit<AttentionPackArgs, "hidden"> {
  readonly dout: Binding;
  /** `[rows, heads, 2]` f32 of scratch. */
  readonly stats: Binding;
  readonly dq: Binding;
  readonly dk: Binding;
  readonly dv: Binding;
}

/** Causal attention over several texts in one batch, none seeing another; and its gradient, the softmax computed again. */
export class AttentionPack {
  readonly options: AttentionPackOptions;
  readonly #forward: Kernel;
  readonly #delta: Kernel;
  readonly #dq: Kernel;
  readonly #dkv: Kernel;
  readonly #tile: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: AttentionPackOptions) {
    const { heads, kvHeads, headDim, scale, window } = options;
    checkShape(
      heads % kvHeads === 0 && headDim % 4 === 0,
      "attention_pack",
      `${heads} of ${kvHeads} heads of ${headDim}`,
    );
    this.options = options;
    const { tile, chunk } = tilesFor(headDim, ops.device.info);
    this.#tile = tile;
    const shape = { HEADS: heads, D4: headDim / 4 };
    const constants = {
      ...shape,
      KV_HEADS: kvHeads,
      SCALE: scale,
      TILE: tile,
      CHUNK: chunk,
      ...(window === undefined ? {} : { WINDOW: window }),
    };
    this.#forward = ops.kernel("attention_pack", { constants });
    this.#delta = ops.kernel("attention_pack_delta", { constants: shape });
    this.#dq = ops.kernel("attention_pack_dq", { constants });
    this.#dkv = ops.kernel("attention_pack_dkv", { constants });
  }

  record(recorder: Recorder, args: AttentionPackArgs): void {
    this.#check(args);
    const { q, k, v, segments, hidden, out, lse, rows } = args;
    checkSize("attention_pack", "hidden", hidden, rows * 8);
    const groups = [ceilDiv(rows, this.#tile), this.options.heads] as const;
    this.#forward.dispatch(recorder, [q, k, v, segments, hidden, out, lse], groups, Uint32Array.of(rows));
  }

  recordBack(recorder: Recorder, args: AttentionPackBackArgs): void {
    this.#check(args);
    const { heads, kvHeads, headDim } = this.options;
    const { q, k, v, segments, out, lse, dout, stats, dq, dk, dv, rows } = args;
    checkSize("attention_pack", "dout", dout, rows * heads * headDim * 4);
    checkSize("attention_pack", "stats", stats, rows * heads * 8);
    checkSize("attention_pack", "dq", dq, rows * heads * headDim * 4);
    for (const d of [dk, dv]) checkSize("attention_pack", "dk, dv", d, rows * kvHeads * headDim * 4);
    const params = Uint32Array.of(rows);
    const tiles = ceilDiv(rows, this.#tile);
    this.#delta.dispatch(recorder, [out, dout, lse, stats], [rows]);
    this.#dq.dispatch(recorder, [q, k, v, dout, stats, segments, dq], [tiles, heads], params);
    this.#dkv.dispatch(recorder, [q, k, v, dout, stats, segments, dk, dv], [tiles, kvHeads], params);
  }

  #check({ q, k, v, segments, out, lse, rows }: Omit<AttentionPackArgs, "hidden">): void {
    const { heads, kvHeads, headDim } = this.options;
    for (const wide of [q, out]) checkSize("attention_pack", "q, out", wide, rows * heads * headDim * 4);
    for (const narrow of [k, v]) checkSize("attention_pack", "k, v", narrow, rows * kvHeads * headDim * 4);
    checkSize("attention_pack", "segments", segments, rows * 8);
    checkSize("attention_pack", "lse", lse, rows * heads * 4);
  }
}

/** Tiles whose sums fit workgroup memory: on a GPU that is 16 KiB or a little more. */
function tilesFor(headDim: number, { maxWorkgroupMemory, workgroupSize }: DeviceInfo): { tile: number; chunk: number } {
  const bytes = (tile: number, chunk: number) => tile * (chunk * 8 + headDim * 8 + 32);
  if (workgroupSize === 1) return { tile: 16, chunk: 32 };
  const room = Math.min(maxWorkgroupMemory, 16_384) - workgroupSize * 8;
  for (const tile of [16, 8]) if (bytes(tile, 16) <= room) return { tile, chunk: 16 };
  return { tile: 4, chunk: 16 };
}
