import type { StoredBlock } from "./block-store.ts";

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

/** What the device owes before anything of the step is written: a copy, or a block's way to the host or back. */
export type BlockMove =
  | BlockCopy
  | { readonly save: StoredBlock; readonly from: number }
  | { readonly load: StoredBlock; readonly to: number };

/** Who remembers blocks that nobody holds, and gives them up again when they are needed. */
export interface BlockKeeper {
  /** A kept block lost its last holder. */
  idle(block: number): void;
  /** Must `forget` one idle block that is not pinned. Asked only when there is one. */
  reclaim(): void;
}

/** `kept`: its content is remembered when nobody holds it. `pinned`: and it is not given up. */
type Keeping = "not" | "kept" | "pinned";
const KEEPINGS: readonly Keeping[] = ["not", "kept", "pinned"];

/**
 * The blocks of one KV cache, by number, with reference counts: who holds what, not where it lies.
 * A block with two holders is read by both and written by neither. A block that is kept and held by nobody still counts as
 * free: it is reclaimed when all others are taken.
 */
export class BlockPool {
  readonly total: number;
  keeper: BlockKeeper | undefined;
  readonly #references: Int32Array;
  readonly #keeping: Uint8Array;
  readonly #free: Int32Array;
  #freeCount: number;
  #idleCount = 0;
  #keptCount = 0;

  constructor(total: number) {
    this.total = total;
    this.#references = new Int32Array(total);
    this.#keeping = new Uint8Array(total);
    // A stack with block 0 on top: a cache that is mostly empty touches little memory.
    this.#free = Int32Array.from({ length: total }, (_, i) => total - 1 - i);
    this.#freeCount = total;
  }

  /** Blocks that `allocate` can give, idle ones included. */
  get free(): number {
    return this.#freeCount + this.#idleCount;
  }

  /** Blocks that are held or pinned. */
  get used(): number {
    return this.total - this.free;
  }

  /** Blocks whose content is remembered, held or not. */
  get kept(): number {
    return this.#keptCount;
  }

  /** A block with one reference. @throws RangeError when none is free: ask `free` first. */
  allocate(): number {
    if (this.free === 0) throw new RangeError("no KV block is free");
    if (this.#freeCount === 0) this.keeper?.reclaim();
    this.#freeCount -= 1;
    const block = this.#free[this.#freeCount]!;
    this.#references[block] = 1;
    return block;
  }

  /** One more holder, or the first one of an idle block. @throws RangeError when the block is neither held nor kept. */
  retain(block: number): void {
    if (this.references(block) === 0) {
      if (this.#keeping[block] === 0) throw new RangeError(`KV block ${block} is not held`);
      if (this.#keeping[block] === 1) this.#idleCount -= 1;
    }
    this.#references[block]! += 1;
  }

  /** Drops one reference; the last one frees the block. @throws RangeError when the block is already free. */
  release(block: number): void {
    if (this.references(block) === 0) throw new RangeError(`KV block ${block} is already free`);
    this.#references[block]! -= 1;
    if (this.#references[block]! > 0) return;
    if (this.#keeping[block] === 0) {
      this.#push(block);
      return;
    }
    if (this.#keeping[block] === 1) this.#idleCount += 1;
    this.keeper?.idle(block);
  }

  references(block: number): number {
    const count = this.#references[block];
    if (count === undefined) throw new RangeError(`KV block ${block} is not one of ${this.total}`);
    return count;
  }

  /** Whether its one holder may write to it. */
  isOwn(block: number): boolean {
    return this.references(block) === 1 && this.#keeping[block] === 0;
  }

  keeping(block: number): Keeping {
    return KEEPINGS[this.#keeping[block] ?? 0] ?? "not";
  }

  /** Changes whether a block outlives its holders; one that is no longer kept and not held is free at once. */
  keep(block: number, keeping: Keeping): void {
    const idle = this.references(block) === 0;
    const before = this.keeping(block);
    if (before === keeping) return;
    if (idle && before === "not") throw new RangeError(`KV block ${block} is not held`);
    if (idle && before === "kept") this.#idleCount -= 1;
    this.#keptCount += (keeping === "not" ? 0 : 1) - (before === "not" ? 0 : 1);
    this.#keeping[block] = KEEPINGS.indexOf(keeping);
    if (!idle) return;
    if (keeping === "kept") this.#idleCount += 1;
    if (keeping === "not") this.#push(block);
  }

  #push(block: number): void {
    this.#free[this.#freeCount] = block;
    this.#freeCount += 1;
  }
}
