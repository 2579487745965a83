/**
 * A map from two small integers to one, all non-negative: open addressing in flat arrays, so that half a million merges
 * take 12 MB and no object. Absent pairs give −1.
 */
export class PairTable {
  #left: Int32Array;
  #right: Int32Array;
  #value: Int32Array;
  #mask: number;
  #size = 0;

  /** @param expected how many pairs are to come; it grows past that. */
  constructor(expected: number) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.#left = new Int32Array(capacity).fill(-1);
    this.#right = new Int32Array(capacity);
    this.#value = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  get(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#left[slot] === left ? this.#value[slot]! : -1;
  }

  set(left: number, right: number, value: number): void {
    let slot = this.#slot(left, right);
    if (this.#left[slot] !== left) {
      if ((this.#size + 1) * 2 > this.#left.length) {
        this.#grow();
        slot = this.#slot(left, right);
      }
      this.#size++;
      this.#left[slot] = left;
      this.#right[slot] = right;
    }
    this.#value[slot] = value;
  }

  clear(): void {
    this.#left.fill(-1);
    this.#size = 0;
  }

  /** Where the pair is, or the free place where it would go. */
  #slot(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = Math.imul(hash, 0x2c1b3c6d) >>> 7;
    for (;;) {
      slot &= this.#mask;
      const found = this.#left[slot]!;
      if (found === -1 || (found === left && this.#right[slot] === right)) return slot;
      slot++;
    }
  }

  #grow(): void {
    const [left, right, value] = [this.#left, this.#right, this.#value];
    const capacity = left.length * 2;
    this.#left = new Int32Array(capacity).fill(-1);
    this.#right = new Int32Array(capacity);
    this.#value = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (let i = 0; i < left.length; i++) {
      if (left[i] === -1) continue;
      const slot = this.#slot(left[i]!, right[i]!);
      this.#left[slot] = left[i]!;
      this.#right[slot] = right[i]!;
      this.#value[slot] = value[i]!;
    }
  }
}
