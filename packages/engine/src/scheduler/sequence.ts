import { BlockTable } from "../kv/block-table.ts";
import type { BlockPool } from "../kv/blocks.ts";

/** `following`: waits for its leader to compute the prompt that they share. */
export type SequenceState = "waiting" | "running" | "following" | "finished";

/** One text being written: its tokens, how many of them lie in the KV cache, and where. */
export class Sequence {
  /** Age: a lower order is served first and preempted last. */
  readonly order: number;
  readonly promptLength: number;
  state: SequenceState = "waiting";
  /** Tokens `[0, computed)` have their keys and values in the cache. */
  computed = 0;
  table: BlockTable;
  /** Row of the per-sequence device state while running, else -1. */
  slot = -1;
  /** Times that its blocks were taken and its tokens had to be computed again. */
  preemptions = 0;
  /** Sequences that will share this one's prompt once it is computed. */
  followers: Sequence[] = [];
  leader: Sequence | undefined;
  #tokens: Int32Array;
  #length: number;

  constructor(order: number, prompt: ArrayLike<number>, pool: BlockPool) {
    this.order = order;
    this.promptLength = prompt.length;
    this.#tokens = new Int32Array(prompt.length + 64);
    this.#tokens.set(prompt);
    this.#length = prompt.length;
    this.table = new BlockTable(pool);
  }

  get length(): number {
    return this.#length;
  }

  /** Tokens whose keys and values are not in the cache yet. */
  get pending(): number {
    return this.#length - this.computed;
  }

  token(index: number): number {
    return this.#tokens[index]!;
  }

  /** A view of tokens `[start, end)`; valid until the next `append`. */
  tokens(start = 0, end = this.#length): Int32Array {
    return this.#tokens.subarray(start, end);
  }

  append(token: number): void {
    if (this.#length === this.#tokens.length) {
      const grown = new Int32Array(this.#length * 2);
      grown.set(this.#tokens);
      this.#tokens = grown;
    }
    this.#tokens[this.#length] = token;
    this.#length += 1;
  }
}
