/** Tokens in one block of the KV cache. */
export const BLOCK_TOKENS = 16;

/** Blocks that hold `tokens` tokens. */
export function blocksFor(tokens: number): number {
  return Math.ceil(tokens / BLOCK_TOKENS);
}

/** One block's content that must be copied before anything of the step is written. */
export interface BlockCopy {
  readonly from: number;
  readonly to: number;
}

/**
 * The blocks of one KV cache, by number, with reference counts: who holds what, not where it lies.
 * A block with two holders is read by both and written by neither.
 */
export class BlockPool {
  readonly total: number;
  readonly #references: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(total: number) {
    this.total = total;
    this.#references = new Int32Array(total);
    // A stack with block 0 on top: a cache that is mostly empty touches little memory.
    this.#free = Int32Array.from({ length: total }, (_, i) => total - 1 - i);
    this.#freeCount = total;
  }

  get free(): number {
    return this.#freeCount;
  }

  get used(): number {
    return this.total - this.#freeCount;
  }

  /** A block with one reference. @throws RangeError when none is free: ask `free` first. */
  allocate(): number {
    if (this.#freeCount === 0) throw new RangeError("no KV block is free");
    this.#freeCount -= 1;
    const block = this.#free[this.#freeCount]!;
    this.#references[block] = 1;
    return block;
  }

  retain(block: number): void {
    if (this.references(block) === 0) throw new RangeError(`KV block ${block} is not held`);
    this.#references[block]! += 1;
  }

  /** Drops one reference; the last one frees the block. @throws RangeError when the block is already free. */
  release(block: number): void {
    if (this.references(block) === 0) throw new RangeError(`KV block ${block} is already free`);
    this.#references[block]! -= 1;
    if (this.#references[block] === 0) {
      this.#free[this.#freeCount] = block;
      this.#freeCount += 1;
    }
  }

  references(block: number): number {
    const count = this.#references[block];
    if (count === undefined) throw new RangeError(`KV block ${block} is not one of ${this.total}`);
    return count;
  }
}
