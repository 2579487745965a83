import type { Binding, DeviceInfo, Recorder } from "../device.ts";
import type { KernelName } from "../wgsl/sources.gen.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { quantizedSize } from "./quantize.ts";
import { panelCount, rowBytes, WEIGHT_FORMATS, type Weight, type WeightShape, type WeightType } from "./weight.ts";

/** The register tile and how much of the product one workgroup walks. See matmul.wgsl. */
export interface MatmulTile {
  /** Panels (of 4 outputs) a tile; even for a gated pair. `panels · rows` is at most 16. */
  readonly panels: number;
  /** Rows of x a tile, at most 4. */
  readonly rows: number;
  readonly groupTiles: number;
  readonly groupRows: number;
}

export interface MatmulOptions extends WeightShape {
  readonly bias?: boolean;
  /** y += instead of y =. */
  readonly accumulate?: boolean;
  /** For a gated pair, which needs one. */
  readonly activation?: "silu" | "gelu";
  /** The tuner's choice; the default depends on type and device. `few`: up to 3 rows of x, `many`: more. */
  readonly tiles?: Partial<Readonly<Record<"few" | "many", Partial<MatmulTile>>>>;
}

/** What a product reads: f32 rows for float weights, int8 blocks (from `Quantize`) for integer weights. */
export type Activations = { readonly x: Binding } | { readonly xq: Binding; readonly xs: Binding };

export interface MatmulArgs {
  readonly weight: Weight;
  readonly input: Activations;
  /** `[n]` f32, when the op has a bias. */
  readonly bias?: Binding;
  /** `[rows, n]` f32. */
  readonly y: Binding;
  readonly rows: number;
}

const KERNELS = {
  f32: "matmul_f32",
  f16: "matmul_f16",
  bf16: "matmul_f16",
  q8_0: "matmul_q8_0",
  q4_0: "matmul_q4_0",
  q4_K: "matmul_q4_K",
  q6_K: "matmul_q6_K",
} as const satisfies Record<WeightType, KernelName>;

/** From this many rows of x on, weights are read once for several rows. */
const MANY = 4;

/** Multiply-adds that make a workgroup worth its dispatch on a CPU thread: about 5 µs. */
const CPU_GROUP_WORK = 100_000;

/** More than one, so that a thread that was held up does not hold up the others. */
const GROUPS_PER_THREAD = 4;

/** Of large matrices: more would gain nothing and tie a thread down. */
const MOST_GROUP_TILES = 32;

interface Variant {
  readonly kernel: Kernel;
  readonly tile: MatmulTile;
}

/**
 * y `[rows, n]` (+)= x `[rows, k]` · W `[n, k]`ᵀ (+ bias), or for a gated pair act(x · Gᵀ) · (x · Uᵀ).
 * Integer weights multiply activations of int8; the error is that of q8 rounding, about 0.5 % by norm.
 */
export class Matmul {
  readonly options: MatmulOptions;
  readonly #few: Variant;
  readonly #many: Variant;
  readonly #name: string;

  /** @throws KernelError (`shape`) when k does not suit the type, or the tile does not fit the kernel. */
  constructor(ops: OpSet, options: MatmulOptions) {
    const { type, n, k, gated = false, activation } = options;
    this.options = options;
    this.#name = `matmul ${type} [${n}${gated ? "·2" : ""}, ${k}]`;
    rowBytes(type, k);
    checkShape(n > 0, this.#name, "there are no output rows");
    checkShape(gated === (activation !== undefined), this.#name, "a gated pair, and no other, has an activation");
    const { info } = ops.device;
    this.#few = this.#variant(ops, { ...fewTile(options, info), ...options.tiles?.few });
    this.#many = this.#variant(ops, { ...manyTile(options, info), ...options.tiles?.many });
  }

  /** Whether activations must be quantised first. */
  get integer(): boolean {
    return WEIGHT_FORMATS[this.options.type].integer;
  }

  record(recorder: Recorder, { weight, input, bias, y, rows }: MatmulArgs): void {
    const { type, n, k, gated = false } = this.options;
    checkShape(
      weight.type === type && weight.n === n && weight.k === k && weight.gated === gated,
      this.#name,
      `the weight "${weight.label}" is ${weight.type} [${weight.n}, ${weight.k}]`,
    );
    checkShape((bias !== undefined) === (this.options.bias === true), this.#name, "bias is given to ops that have one");
    checkSize(this.#name, "y", y, rows * n * 4);
    if (bias !== undefined) checkSize(this.#name, "bias", bias, n * 4);
    if (rows === 0) return;
    const inputs = this.#inputs(input, rows);
    // A kernel's bindings are all bound: without a bias, one that is only read stands in.
    const bindings = [y, bias ?? weight.quants, weight.quants, ...(weight.scales ? [weight.scales] : []), ...inputs];
    const { kernel, tile } = rows < MANY ? this.#few : this.#many;
    const tiles = ceilDiv(panelCount(this.options), tile.panels);
    const groups = [ceilDiv(tiles, tile.groupTiles), ceilDiv(rows, tile.groupRows)] as const;
    kernel.dispatch(recorder, bindings, groups, Uint32Array.of(rows));
  }

  #inputs(input: Activations, rows: number): Binding[] {
    const { k } = this.options;
    if ("x" in input) {
      checkShape(!this.integer, this.#name, "integer weights multiply quantised activations (xq, xs)");
      checkSize(this.#name, "x", input.x, rows * k * 4);
      return [input.x];
    }
    checkShape(this.integer, this.#name, "float weights multiply f32 activations (x)");
    const sizes = quantizedSize(rows, k);
    checkSize(this.#name, "xq", input.xq, sizes.xq);
    checkSize(this.#name, "xs", input.xs, sizes.xs);
    return [input.xq, input.xs];
  }

  #variant(ops: OpSet, tile: MatmulTile): Variant {
    const { type, n, k, gated = false, bias = false, accumulate = false, activation } = this.options;
    const { panels, rows } = tile;
    const fits = panels >= 1 && rows >= 1 && rows <= 4 && panels * rows <= 16 && (!gated || panels % 2 === 0);
    checkShape(fits, this.#name, `a tile of ${panels} panels by ${rows} rows does not fit the kernel`);
    const flags = { ACCUMULATE: accumulate, BIAS: bias, GATED: gated, GELU: activation === "gelu" };
    const source = KERNELS[type];
    // One row of x: integer kernels wait for memory, float kernels for their own sums.
    const sequential = rows === 1 && this.integer && ops.device.info.workgroupSize === 1;
    const constants: Record<string, number> = {
      N: n,
      K: k,
      P: panels,
      M: rows,
      Q: sequential ? 1 : panels,
      GROUP_TILES: tile.groupTiles,
      GROUP_ROWS: tile.groupRows,
      ...Object.fromEntries(Object.entries(flags).map(([name, on]) => [name, on ? 1 : 0])),
    };
    if (source === "matmul_f16") constants.BF16 = type === "bf16" ? 1 : 0;
    return { kernel: ops.kernel(source, { constants, label: `${this.#name} ${panels}x${rows}` }), tile };
  }
}

function fewTile(shape: WeightShape, info: DeviceInfo): MatmulTile {
  if (info.kind === "webgpu") return { panels: 2, rows: 1, groupTiles: 1, groupRows: MANY };
  return { panels: 2, rows: 1, groupTiles: cpuGroupTiles(shape, info, 2, 1), groupRows: MANY };
}

function manyTile(shape: WeightShape, info: DeviceInfo): MatmulTile {
  const groupRows = 32;
  const { integer } = WEIGHT_FORMATS[shape.type];
  if (info.kind === "webgpu") return { panels: 2, rows: integer ? 2 : 4, groupTiles: 1, groupRows };
  if (shape.type === "q8_0") {
    // A workgroup widens its rows of x once for all its tiles, so it takes as many as balance allows.
    const groupTiles = Math.min(MOST_GROUP_TILES, threadShare(shape, info, 2));
    return { panels: 2, rows: 4, groupTiles, groupRows };
  }
  return { panels: 2, rows: integer ? 2 : 4, groupTiles: cpuGroupTiles(shape, info, 2, groupRows), groupRows };
}

/** Enough tiles to be worth a dispatch, few enough that every thread gets several groups. */
function cpuGroupTiles(shape: WeightShape, info: DeviceInfo, panels: number, rows: number): number {
  const worth = ceilDiv(CPU_GROUP_WORK, panels * 4 * shape.k * rows);
  return Math.min(worth, threadShare(shape, info, panels));
}

function threadShare(shape: WeightShape, info: DeviceInfo, panels: number): number {
  return ceilDiv(ceilDiv(panelCount(shape), panels), info.threads * GROUPS_PER_THREAD);
}
