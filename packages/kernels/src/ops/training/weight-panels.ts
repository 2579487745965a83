import type { Binding, Recorder } from "../../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";
import { rowBytes, type Weight, type WeightShape, type WeightType, weightSize } from "../weight.ts";

const TYPES: Readonly<Record<WeightType, number>> = { f32: 0, f16: 1, bf16: 2, q8_0: 3, q4_0: 4, q4_K: 5, q6_K: 6 };

export interface WeightPanelsOptions {
  readonly shape: WeightShape;
  /** False: W, for x · Wᵀ. True: Wᵀ, for dy · W. */
  readonly transposed: boolean;
  /** Adds scale · B · A. `rank` is a multiple of 4: pad A and B with zeros. */
  readonly lowRank?: { readonly rank: number; readonly scale: number };
}

export interface WeightPanelsArgs {
  readonly weight: Weight;
  /** A `[rank, k]` in panels of 4 rows, B `[n, rank]` row by row; both f32. */
  readonly lowRank?: { readonly a: Binding; readonly b: Binding };
  /** First row, a multiple of 4, and how many. */
  readonly firstRow?: number;
  readonly rows?: number;
  /** f32: `weightPanelsSize` bytes. */
  readonly out: Binding;
}

/** Bytes of some rows of a weight as panels of f32, one way or the other. */
export function weightPanelsSize(rows: number, k: number): number {
  return ceilDiv(rows, 4) * 4 * k * 4;
}

/**
 * A frozen weight of any type as the f32 panels that `Gemm` multiplies with: made anew for each product, so that memory
 * holds one matrix and not the model. Making them costs a pass over the weight; the product costs one per row of x.
 */
export class WeightPanels {
  readonly options: WeightPanelsOptions;
  readonly #kernel: Kernel;
  readonly #pieces: number;
  readonly #panels: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: WeightPanelsOptions) {
    const { shape, transposed, lowRank } = options;
    rowBytes(shape.type, shape.k);
    checkShape(
      shape.gated !== true && shape.k % 4 === 0,
      "weight_panels",
      "the weight is a gated pair or has odd rows",
    );
    const rank = lowRank?.rank ?? 0;
    checkShape(rank % 4 === 0, "weight_panels", `a rank of ${rank} is no multiple of 4`);
    this.options = options;
    const isCpu = ops.device.info.workgroupSize === 1;
    this.#panels = isCpu ? 8 : 1;
    const fours = isCpu ? shape.k / 4 : 64;
    this.#pieces = ceilDiv(shape.k / 4, fours);
    const size = weightSize(shape);
    this.#kernel = ops.kernel("weight_panels", {
      constants: {
        TYPE: TYPES[shape.type],
        N: shape.n,
        K: shape.k,
        QUANTS: size.quants / 16,
        SCALES: Math.max(1, size.scales / 4),
        TRANSPOSED: Number(transposed),
        RANK: rank,
        LORA_SCALE: lowRank?.scale ?? 1,
        GROUP4: fours,
        PANELS: this.#panels,
      },
    });
  }

  /** @throws KernelError (`shape`) */
  record(
    recorder: Recorder,
    { weight, lowRank, firstRow = 0, rows = weight.n - firstRow, out }: WeightPanelsArgs,
  ): void {
    const { shape, lowRank: wanted } = this.options;
    const { type, n, k } = shape;
    const op = `weight_panels ${type} [${n}, ${k}]`;
    checkShape(weight.type === type && weight.n === n && weight.k === k, op, `given ${weight.label}`);
    checkShape(firstRow % 4 === 0 && rows > 0 && firstRow + rows <= n, op, `rows ${firstRow} … of ${rows}`);
    checkShape((lowRank !== undefined) === (wanted !== undefined), op, "an adapter is given to ops that have one");
    checkSize(op, "out", out, weightPanelsSize(rows, k));
    if (lowRank && wanted) {
      checkSize(op, "lora a", lowRank.a, wanted.rank * k * 4);
      checkSize(op, "lora b", lowRank.b, wanted.rank * n * 4);
    }
    const stand = weight.quants;
    this.#kernel.dispatch(
      recorder,
      [weight.quants, weight.scales ?? stand, lowRank?.a ?? stand, lowRank?.b ?? stand, out],
      [ceilDiv(rows, 4 * this.#panels), this.#pieces],
      Uint32Array.of(firstRow / 4, rows),
    );
  }
}
