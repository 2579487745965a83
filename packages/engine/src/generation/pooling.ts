/** How the hidden states of a text's tokens become one vector: their mean, or the last one. */
export type Pooling = "mean" | "last";

/** Makes one vector of a text's hidden states as they come. */
export class Pool {
  readonly #sum: Float64Array;
  readonly #pooling: Pooling;
  #rows = 0;

  constructor(width: number, pooling: Pooling) {
    this.#sum = new Float64Array(width);
    this.#pooling = pooling;
  }

  /** @param rows `[n, width]` */
  add(rows: Float32Array): void {
    const width = this.#sum.length;
    for (let at = 0; at < rows.length; at += width) {
      if (this.#pooling === "last") this.#sum.fill(0);
      for (let i = 0; i < width; i++) this.#sum[i]! += rows[at + i]!;
      this.#rows += 1;
    }
  }

  /**
   * @param dimensions the first so many, as Matryoshka embeddings are cut (Kusupati et al. 2022,
   *   https://arxiv.org/abs/2205.13147)
   * @returns the vector, of length 1
   */
  vector(dimensions: number): Float32Array<ArrayBuffer> {
    const divisor = this.#pooling === "mean" ? Math.max(1, this.#rows) : 1;
    const cut = Float32Array.from(this.#sum.subarray(0, dimensions), (value) => value / divisor);
    const length = Math.hypot(...cut);
    return length === 0 ? cut : cut.map((value) => value / length);
  }
}
