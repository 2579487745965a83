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

/** The register tile: rows by panels of 4 columns. 8 accumulators, and what they need, fill 16 vector registers. */
const TILE = { M: 4, P: 2 } as const;

/** c `[rows, columns]` (+)= alpha · a · b (+ bias), all f32. Any shapes; the same result whatever the device's threads. */
export class Gemm {
  readonly options: GemmOptions;
  readonly #kernel: Kernel;
  readonly #groupRows: number;
  readonly #groupPanels: number;

  constructor(ops: OpSet, options: GemmOptions) {
    this.options = options;
    const isCpu = ops.device.info.workgroupSize === 1;
    // On a GPU 64 lanes take a square of tiles; a CPU thread takes a strip, the columns' panels staying in its cache.
    const group = isCpu ? { GROUP_M: 8, GROUP_P: 2 } : { GROUP_M: 8, GROUP_P: 8 };
    this.#groupRows = TILE.M * group.GROUP_M;
    this.#groupPanels = TILE.P * group.GROUP_P;
    const { alpha = 1, accumulate = false, bias = false, b, c } = options;
    this.#kernel = ops.kernel("gemm", {
      workgroupSize: 64,
      constants: {
        ...TILE,
        ...group,
        ALPHA: alpha,
        ACCUMULATE: Number(accumulate),
        BIAS: Number(bias),
        PLAIN_B: Number(b === "rows"),
        PANELS_C: Number(c === "panels"),
      },
    });
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
    const strides = transposed ? [1, rows] : [inner, 1];
    const groups = [ceilDiv(rows, this.#groupRows), ceilDiv(panels, this.#groupPanels)] as const;
    this.#kernel.dispatch(recorder, [a, b, bias ?? a, c], groups, Uint32Array.of(rows, columns, inner, ...strides));
  }
}
