import type { Binding, Recorder } from "../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { ACTIVATION_BLOCK, quantizedSize } from "./quantize.ts";

/** Ranks that lie together: an adapter of rank r takes ⌈r / 8⌉ units of its pool, one after another. */
export const RANK_UNIT = 8;

/** Rows of one adapter that a tile takes at most. */
export const LOW_RANK_TILE_ROWS = 4;

/** u32s of a tile: first row, rows, first unit, units. */
export const LOW_RANK_TILE_WORDS = 4;

/** Multiply-adds that make a workgroup worth its dispatch on a CPU thread. */
const CPU_GROUP_PANELS = 1024;

/** The matrix that adapters change, made of one or more parts that read the same input. */
export interface LowRankShape {
  readonly k: number;
  /** Outputs of each part, multiples of 4. */
  readonly parts: readonly number[];
  /** Two parts of one size whose panels of 4 outputs alternate, instead of lying one after another. */
  readonly alternating?: boolean;
}

export interface LowRankOptions extends LowRankShape {
  /** Whether x comes as int8 blocks. */
  readonly integer: boolean;
  /** A multiple of 8: the most that an adapter may have. */
  readonly maxRank: number;
}

export interface LowRankArgs {
  readonly input: { readonly x: Binding } | { readonly xq: Binding; readonly xs: Binding };
  /** `[units, parts, k]` of 8 halves; see `packLowRank`. */
  readonly a: Binding;
  /** `[units, n / 4, 4]` of 8 halves. */
  readonly b: Binding;
  /** `[units, parts]` f32. */
  readonly scales: Binding;
  /** `[tileCount]` of first row, rows (at most 4; 0 for none), first unit, units: u32. No row is in two tiles. */
  readonly tiles: Binding;
  readonly tileCount: number;
  /** Scratch `[rows, parts · maxRank]` f32. */
  readonly t: Binding;
  /** `[rows, n]` f32, added to. */
  readonly y: Binding;
  readonly rows: number;
}

/** Bytes of one unit of a pool. */
export function lowRankUnitBytes({ k, parts }: LowRankShape): { a: number; b: number; scales: number } {
  const n = parts.reduce((sum, rows) => sum + rows, 0);
  return { a: parts.length * k * 16, b: n * 16, scales: parts.length * 4 };
}

/**
 * y `[rows, n]` += scale · B · (A · x) with another adapter for each tile of rows, in two dispatches. See
 * low_rank_shrink.wgsl for the source.
 */
export class LowRank {
  readonly options: LowRankOptions;
  readonly #n: number;
  readonly #shrink: Kernel;
  readonly #expand: Kernel;
  readonly #groupPanels: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: LowRankOptions) {
    const { alternating = false, integer, k, maxRank, parts } = options;
    this.options = options;
    this.#n = parts.reduce((sum, rows) => sum + rows, 0);
    const step = integer ? ACTIVATION_BLOCK : 4;
    checkShape(k > 0 && k % step === 0, "low-rank", `rows of ${k} are no multiple of ${step}`);
    checkShape(
      parts.length >= 1 && parts.length <= 3 && parts.every((rows) => rows > 0 && rows % 4 === 0),
      "low-rank",
      `parts of ${parts.join(", ")} outputs are not one to three multiples of 4`,
    );
    checkShape(
      !alternating || (parts.length === 2 && parts[0] === parts[1]),
      "low-rank",
      "only two parts of one size alternate",
    );
    checkShape(maxRank > 0 && maxRank % RANK_UNIT === 0, "low-rank", `a rank of ${maxRank} is no multiple of 8`);
    const shared = { PARTS: parts.length, RANKS: maxRank };
    this.#shrink = ops.kernel("low_rank_shrink", { constants: { ...shared, K: k, INTEGER: Number(integer) } });
    const lanes = ops.device.info.workgroupSize;
    this.#groupPanels = lanes === 1 ? CPU_GROUP_PANELS : lanes;
    const ends = [(parts[0] ?? 0) / 4, ((parts[0] ?? 0) + (parts[1] ?? 0)) / 4];
    this.#expand = ops.kernel("low_rank_expand", {
      constants: {
        ...shared,
        N: this.#n,
        END0: parts.length > 1 ? ends[0]! : this.#n,
        END1: parts.length > 2 ? ends[1]! : this.#n,
        ALTERNATING: Number(alternating),
        GROUP_PANELS: this.#groupPanels,
      },
    });
  }

  record(recorder: Recorder, { a, b, input, rows, scales, t, tileCount, tiles, y }: LowRankArgs): void {
    const { integer, k, maxRank, parts } = this.options;
    checkSize("low-rank", "tiles", tiles, tileCount * LOW_RANK_TILE_WORDS * 4);
    checkSize("low-rank", "t", t, rows * parts.length * maxRank * 4);
    checkSize("low-rank", "y", y, rows * this.#n * 4);
    if (tileCount === 0) return;
    const [x, xs] = this.#inputs(input, rows, integer, k, scales);
    this.#shrink.dispatch(recorder, [a, scales, tiles, x, xs, t], [tileCount, parts.length]);
    this.#expand.dispatch(recorder, [b, tiles, t, y], [tileCount, ceilDiv(this.#n / 4, this.#groupPanels)]);
  }

  /** A kernel's bindings are all bound: f32 inputs have no scales, so something that is only read stands in. */
  #inputs(input: LowRankArgs["input"], rows: number, integer: boolean, k: number, other: Binding): [Binding, Binding] {
    if ("x" in input) {
      checkShape(!integer, "low-rank", "made for int8 inputs (xq, xs)");
      checkSize("low-rank", "x", input.x, rows * k * 4);
      return [input.x, other];
    }
    checkShape(integer, "low-rank", "made for f32 inputs (x)");
    const sizes = quantizedSize(rows, k);
    checkSize("low-rank", "xq", input.xq, sizes.xq);
    checkSize("low-rank", "xs", input.xs, sizes.xs);
    return [input.xq, input.xs];
  }
}
