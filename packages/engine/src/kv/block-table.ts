import { BLOCK_TOKENS, type BlockMove, type BlockPool, blocksFor } from "./blocks.ts";

/** The blocks of one sequence, in the order of its tokens: token `t` lies in `blocks[t / 16]` at `t % 16`. */
export class BlockTable {
  readonly #pool: BlockPool;
  readonly #blocks: number[];
  #version = 0;

  constructor(pool: BlockPool, blocks: number[] = []) {
    this.#pool = pool;
    this.#blocks = blocks;
  }

  get blocks(): readonly number[] {
    return this.#blocks;
  }

  /** Grows with every change of `blocks`: who keeps a copy compares it. */
  get version(): number {
    return this.#version;
  }

  /** Free blocks that `prepareWrite` of tokens `[start, end)` would take. */
  blocksToWrite(start: number, end: number): number {
    const last = blocksFor(end);
    let needed = Math.max(0, last - this.#blocks.length);
    for (let i = Math.floor(start / BLOCK_TOKENS); i < Math.min(last, this.#blocks.length); i++) {
      if (!this.#pool.isOwn(this.#blocks[i]!)) needed += 1;
    }
    return needed;
  }

  /**
   * Makes tokens `[start, end)` writable by this sequence alone: appends blocks, and replaces shared ones by copies.
   * The copies that the device owes are appended to `copies`, to be done in order.
   */
  prepareWrite(start: number, end: number, copies: BlockMove[]): void {
    const last = blocksFor(end);
    for (let i = Math.floor(start / BLOCK_TOKENS); i < Math.min(last, this.#blocks.length); i++) {
      const block = this.#blocks[i]!;
      if (this.#pool.isOwn(block)) continue;
      const own = this.#pool.allocate();
      if (i * BLOCK_TOKENS < start) copies.push({ from: block, to: own });
      this.#pool.release(block);
      this.#blocks[i] = own;
      this.#version += 1;
    }
    while (this.#blocks.length < last) {
      this.#blocks.push(this.#pool.allocate());
      this.#version += 1;
    }
  }

  /** Holds `block` in place of an own one of the same content. */
  replace(index: number, block: number): void {
    const own = this.#blocks[index];
    if (own === undefined || own === block) return;
    this.#pool.retain(block);
    this.#pool.release(own);
    this.#blocks[index] = block;
    this.#version += 1;
  }

  /** Holds one more block, which others hold or the pool keeps, at the end. */
  share(block: number): void {
    this.#pool.retain(block);
    this.#blocks.push(block);
    this.#version += 1;
  }

  /** A table that shares the blocks of the first `tokens` tokens. */
  fork(tokens: number): BlockTable {
    const shared = this.#blocks.slice(0, blocksFor(tokens));
    for (const block of shared) this.#pool.retain(block);
    return new BlockTable(this.#pool, shared);
  }

  /** Gives every block back; the table is empty afterwards. */
  release(): void {
    for (const block of this.#blocks) this.#pool.release(block);
    this.#blocks.length = 0;
    this.#version += 1;
  }
}
