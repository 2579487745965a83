/**
 * The distribution of positive whole numbers, mergeable, with quantiles off by at most a known share of their value.
 * DDSketch: Masson, Rim and Lee, VLDB 2019. A value lies in bucket ⌈log_γ value⌉, γ = (1 + α) / (1 − α), and is told as
 * the bucket's middle 2γⁱ / (γ + 1): off by at most α. Buckets are never collapsed: microseconds up to a century need
 * fewer than 2,100.
 */
export const relativeAccuracy = 0.01;

const gamma = (1 + relativeAccuracy) / (1 - relativeAccuracy);
const logGamma = Math.log(gamma);
const format = 1;

export class Sketch {
  readonly #buckets = new Map<number, number>();
  #zeros = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param value at least 0; what is not a finite number is not counted */
  add(value: number, times = 1): void {
    if (!Number.isFinite(value) || value < 0 || times <= 0) return;
    this.#count += times;
    if (value < 1) this.#zeros += times;
    else this.#put(Math.ceil(Math.log(value) / logGamma - 1e-9), times);
  }

  merge(other: Sketch): void {
    this.#count += other.#count;
    this.#zeros += other.#zeros;
    for (const [index, times] of other.#buckets) this.#put(index, times);
  }

  /**
   * The value with a share `q` of all at or below it; undefined of nothing.
   * @param q 0 to 1
   */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.min(1, Math.max(0, q)) * (this.#count - 1);
    let below = this.#zeros;
    if (below > rank) return 0;
    for (const [index, times] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      below += times;
      if (below > rank) return (2 * gamma ** index) / (gamma + 1);
    }
    return undefined;
  }

  /** The share of all that is at or below a value, by the middles of their buckets; 1 of nothing. */
  shareBelow(value: number): number {
    if (this.#count === 0) return 1;
    let below = this.#zeros;
    for (const [index, times] of this.#buckets) {
      if ((2 * gamma ** index) / (gamma + 1) <= value) below += times;
    }
    return below / this.#count;
  }

  /** Format, zeros, number of buckets, then each bucket's distance from the one before and its count, all as varints. */
  encode(): Uint8Array {
    const out: number[] = [format];
    const write = (value: number) => {
      let rest = value;
      while (rest >= 128) {
        out.push((rest % 128) + 128);
        rest = Math.floor(rest / 128);
      }
      out.push(rest);
    };
    write(this.#zeros);
    write(this.#buckets.size);
    let last = 0;
    for (const [index, times] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      write(index - last);
      write(times);
      last = index;
    }
    return Uint8Array.from(out);
  }

  /** @throws RangeError for bytes that no sketch was encoded to */
  static decode(bytes: Uint8Array): Sketch {
    const sketch = new Sketch();
    sketch.mergeEncoded(bytes);
    return sketch;
  }

  /** The same as `merge(Sketch.decode(bytes))`, without making it. */
  mergeEncoded(bytes: Uint8Array): void {
    let at = 1;
    const read = (): number => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        if (byte === undefined || scale > 2 ** 49) throw new RangeError("These bytes are no sketch.");
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    if (bytes[0] !== format) throw new RangeError("These bytes are no sketch of a known format.");
    const zeros = read();
    this.#zeros += zeros;
    this.#count += zeros;
    let index = 0;
    for (let left = read(); left > 0; left--) {
      index += read();
      const times = read();
      this.#put(index, times);
      this.#count += times;
    }
  }

  #put(index: number, times: number): void {
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + times);
  }
}
