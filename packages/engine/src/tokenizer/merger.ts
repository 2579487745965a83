/** Which neighbouring symbols join, and in what order. Symbols and merges are non-negative integers. */
export interface Merges {
  /** The merge of two neighbours, −1 when they do not join. */
  find(left: number, right: number): number;
  /** Lower goes first; among equals the leftmost. Below 2^21. */
  rank(merge: number): number;
  /** The symbol that takes the place of the two. */
  result(merge: number): number;
}

const positions = 2 ** 32;

/**
 * Byte-pair encoding's inner loop: joins the best pair until none is left (Sennrich et al. 2016, algorithm 1). A heap
 * of candidates over a linked list makes it O(n log n), so that a text without any space is no worse than another.
 */
export class Merger {
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** How many of the first symbols each one stands for, 0 once it is joined into its left neighbour. */
  #length = new Int32Array(0);
  /** Heap of candidates: rank and position in one number, the merge, the pair's length when it was entered. */
  #key = new Float64Array(0);
  #merge = new Int32Array(0);
  #span = new Int32Array(0);
  #heapSize = 0;

  /** Joins within the first `count` of `symbols`, in place. Returns how many are left. */
  run(symbols: Int32Array, count: number, merges: Merges): number {
    if (count < 2) return count;
    this.#reserve(count);
    const [next, previous, length] = [this.#next, this.#previous, this.#length];
    for (let i = 0; i < count; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      length[i] = 1;
    }
    this.#heapSize = 0;
    for (let i = 0; i + 1 < count; i++) this.#enter(symbols, i, i + 1, merges);
    while (this.#heapSize > 0) {
      const key = this.#key[0]!;
      const merge = this.#merge[0]!;
      const span = this.#span[0]!;
      this.#removeTop();
      const left = key - Math.floor(key / positions) * positions;
      const right = next[left]!;
      // A pair whose sides changed since has another length: symbols only grow.
      if (length[left] === 0 || right >= count || length[left]! + length[right]! !== span) continue;
      symbols[left] = merges.result(merge);
      length[left] = span;
      length[right] = 0;
      const after = next[right]!;
      next[left] = after;
      if (after < count) {
        previous[after] = left;
        this.#enter(symbols, left, after, merges);
      }
      if (previous[left]! >= 0) this.#enter(symbols, previous[left]!, left, merges);
    }
    let kept = 0;
    for (let i = 0; i < count; i = next[i]!) symbols[kept++] = symbols[i]!;
    return kept;
  }

  #reserve(count: number): void {
    if (this.#next.length >= count && this.#next.length <= Math.max(count * 64, 1 << 16)) return;
    const size = Math.max(count, 256);
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
    this.#length = new Int32Array(size);
    // Every join takes one candidate out and enters two at most, and there are fewer joins than symbols.
    this.#key = new Float64Array(size * 2);
    this.#merge = new Int32Array(size * 2);
    this.#span = new Int32Array(size * 2);
  }

  #enter(symbols: Int32Array, left: number, right: number, merges: Merges): void {
    const merge = merges.find(symbols[left]!, symbols[right]!);
    if (merge < 0) return;
    const [keys, mergeOf, spans] = [this.#key, this.#merge, this.#span];
    const key = merges.rank(merge) * positions + left;
    let at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      mergeOf[at] = mergeOf[parent]!;
      spans[at] = spans[parent]!;
      at = parent;
    }
    keys[at] = key;
    mergeOf[at] = merge;
    spans[at] = this.#length[left]! + this.#length[right]!;
  }

  #removeTop(): void {
    const [keys, mergeOf, spans] = [this.#key, this.#merge, this.#span];
    const last = --this.#heapSize;
    const key = keys[last]!;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (child + 1 < last && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      mergeOf[at] = mergeOf[child]!;
      spans[at] = spans[child]!;
      at = child;
    }
    keys[at] = key;
    mergeOf[at] = mergeOf[last]!;
    spans[at] = spans[last]!;
  }
}
