/** The sketches of an import's examples, in memory that a million of them do not scatter. */
export class SketchList {
  #numbers = new Int32Array(1 << 14);
  #ends = new Int32Array(1 << 11);
  #count = 0;

  push(sketch: readonly number[]): void {
    const start = this.#count === 0 ? 0 : (this.#ends[this.#count - 1] ?? 0);
    const end = start + sketch.length;
    if (end > this.#numbers.length) this.#numbers = larger(this.#numbers);
    if (this.#count === this.#ends.length) this.#ends = larger(this.#ends);
    this.#numbers.set(sketch, start);
    this.#ends[this.#count++] = end;
  }

  at(index: number): number[] {
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
    return [...this.#numbers.subarray(start, this.#ends[index] ?? start)];
  }
}

function larger(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const out = new Int32Array(array.length * 2);
  out.set(array);
  return out;
}
