import type { Binding, Recorder } from "../../device.ts";
import { checkSize, type Kernel, type OpSet } from "../op.ts";
import { weightPanelsSize } from "./weight-panels.ts";

export interface EmbedBackArgs {
  /** One u32: how many distinct tokens there are. */
  readonly count: Binding;
  /** `[distinct]`, `[distinct + 1]`, `[rows]` u32: each token, where its rows begin in `order`, the rows. */
  readonly tokens: Binding;
  readonly starts: Binding;
  readonly order: Binding;
  /** `[rows, k]` f32. */
  readonly dx: Binding;
  /** `[n, k]` f32 in panels, added to. */
  readonly gradient: Binding;
}

/** Gradient of `Embed`, without atomics: each token's rows are added in order by one workgroup. */
export class EmbedBack {
  readonly #kernel: Kernel;
  readonly #shape: { readonly n: number; readonly k: number; readonly rows: number };

  /** @param shape `rows`: the most that a batch has. */
  constructor(ops: OpSet, shape: { n: number; k: number; rows: number; scale?: number }) {
    this.#shape = shape;
    const { n, k, rows, scale = 1 } = shape;
    this.#kernel = ops.kernel("embed_back", { constants: { N: n, K: k, ROWS: rows, SCALE: scale } });
  }

  /** @param rows those of this batch: at most as many tokens are distinct. */
  record(recorder: Recorder, { count, tokens, starts, order, dx, gradient }: EmbedBackArgs, rows: number): void {
    const { n, k, rows: most } = this.#shape;
    checkSize("embed_back", "tokens", tokens, most * 4);
    checkSize("embed_back", "starts", starts, (most + 1) * 4);
    checkSize("embed_back", "order", order, most * 4);
    checkSize("embed_back", "dx", dx, most * k * 4);
    checkSize("embed_back", "gradient", gradient, weightPanelsSize(n, k));
    this.#kernel.dispatch(recorder, [count, tokens, starts, order, dx, gradient], [rows]);
  }
}
