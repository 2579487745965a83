import type { Binding, Recorder } from "../../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";

export interface GemmOptions {
  /** c = alpha · a · b. Default 1. */
  readonly alpha?: number;
  /** c += instead of c =. */
  readonly accumulate?: boolean;
  /** Adds a vector `[columns]` to each row. */
  readonly bias?: boolean;
  /** `panels`: as `Panels` or `WeightPanels` lay it out; `rows`: row by row, `columns` a multiple of 4. */
  readonly b: "panels" | "rows";
  /** `rows`: row by row; `panels`: in panels of 4 columns, as f32 weights lie. */
  readonly c: "rows" | "panels";
}

export interface GemmArgs {
  /** `[rows, inner]` row by row; with `transposed`, `[inner, rows]`. */
  readonly a: Binding;
  readonly transposed?: boolean;
  /** `[inner, columns]`, arranged as the options say. */
  readonly b: Binding;
  readonly bias?: Binding;
  /** `[rows, columns]`; in panels, rounded up to whole ones. */
  readonly c: Binding;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/**
 * Register tiles: rows by panels of 4 columns, and how many of them a workgroup takes. Accumulators, and what they need,
 * fill 16 vector registers. A CPU thread takes a strip of tiles, the columns' panels staying in its cache; on a GPU 64
 * lanes take a square.
 */
const TILES = {
  cpu: { M: 3, P: 3, GROUP_M: 11, GROUP_P: 4 },
  /** For products with few columns: an adapter's rank. */
  cpuNarrow: { M: 4, P: 2, GROUP_M: 8, GROUP_P: 1 },
  gpu: { M: 4, P: 2, GROUP_M: 8, GROUP_P: 8 },
} as const;

type Tile = (typeof TILES)[keyof typeof TILES];

interface Variant {
  readonly tile: Tile;
  readonly plain: Kernel;
  readonly transposed: Kernel;
}

/** c `[rows, columns]` (+)= alpha · a · b (+ bias), all f32. Any shapes; the same result whatever the device's threads. */
export class Gemm {
  readonly options: GemmOptions;
  readonly #wide: Variant;
  readonly #narrow: Variant;

  constructor(ops: OpSet, options: GemmOptions) {
    this.options = options;
    const isCpu = ops.device.info.workgroupSize === 1;
    this.#wide = variant(ops, options, isCpu ? TILES.cpu : TILES.gpu);
    this.#narrow = isCpu ? variant(ops, options, TILES.cpuNarrow) : this.#wide;
  }

  /** @throws KernelError (`shape`) */
  record(recorder: Recorder, { a, transposed = false, b, bias, c, rows, columns, inner }: GemmArgs): void {
    const name = `gemm [${rows}, ${columns}] of ${inner}`;
    const panels = ceilDiv(columns, 4);
    checkShape(this.options.b === "panels" || columns % 4 === 0, name, "rows of b are no multiple of 4");
    checkShape((bias !== undefined) === (this.options.bias === true), name, "bias is given to ops that have one");
    checkSize(name, "a", a, rows * inner * 4);
    checkSize(name, "b", b, panels * inner * 16);
    checkSize(name, "c", c, rows * (this.options.c === "panels" ? panels * 4 : columns) * 4);
    if (bias !== undefined) checkSize(name, "bias", bias, columns * 4);
    if (rows === 0 || columns === 0) return;
    const { tile, plain, transposed: turned } = panels <= 2 ? this.#narrow : this.#wide;
    const groups = [ceilDiv(rows, tile.M * tile.GROUP_M), ceilDiv(panels, tile.P * tile.GROUP_P)] as const;
    const kernel = transposed ? turned : plain;
    kernel.dispatch(recorder, [a, b, bias ?? a, c], groups, Uint32Array.of(rows, columns, inner));
  }
}

function variant(ops: OpSet, options: GemmOptions, tile: Tile): Variant {
  const { alpha = 1, accumulate = false, bias = false, b, c } = options;
  const kernel = (transposed: boolean) =>
    ops.kernel("gemm", {
      workgroupSize: 64,
      constants: {
        ...tile,
        ALPHA: alpha,
        ACCUMULATE: Number(accumulate),
        BIAS: Number(bias),
        TRANSPOSED_A: Number(transposed),
        PLAIN_B: Number(b === "rows"),
        PANELS_C: Number(c === "panels"),
      },
    });
  return { tile, plain: kernel(false), transposed: kernel(true) };
}
