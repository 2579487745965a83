import type { AdapterPlace } from "../adapters/places.ts";
import { BlockTable } from "../kv/block-table.ts";
import type { BlockPool } from "../kv/blocks.ts";
import type { PrefixCursor } from "../kv/prefix-cache.ts";
import type { Priority, Tenant } from "./tenants.ts";

/** `following`: waits for its leader to compute the prompt that they share. */
export type SequenceState = "waiting" | "running" | "following" | "finished";

/** Whose work a sequence is and how urgent. Times are milliseconds of the caller's clock. */
export interface SequenceTerms {
  readonly tenant: Tenant;
  readonly priority: Priority;
  /** Whose prefixes it may share; undefined: none are looked for or kept. */
  readonly scope: string | undefined;
  /** What changes the model for it. */
  readonly adapter: AdapterPlace | undefined;
  /** Of its prompt, what was cached where the rest was computed; absent: it was not handed over. */
  readonly cachedElsewhere?: number;
  readonly arrived: number;
  /** When nobody waits for it any more. */
  readonly deadline: number;
}

/** One text being written: its tokens, how many of them lie in the KV cache, and where. */
export class Sequence {
  /** Age: among equals a lower order is served first and preempted last. */
  readonly order: number;
  readonly promptLength: number;
  readonly terms: SequenceTerms;
  state: SequenceState = "waiting";
  /** Tokens `[0, planned)` are computed, or by a step that was planned and not committed yet. */
  planned = 0;
  table: BlockTable;
  /** Row of the per-sequence device state while running, else -1. */
  slot = -1;
  /** Tokens of the prompt that were in the cache when it was first admitted. */
  cachedTokens = 0;
  /** Tokens that its tenant was charged for, or that cost nothing. */
  charged = 0;
  /** Where its full blocks are in the prefix cache. */
  cursor: PrefixCursor | undefined;
  /** Times that its blocks were taken and its tokens had to be computed again. */
  preemptions = 0;
  /** Sequences that will share this one's prompt once it is computed. */
  followers: Sequence[] = [];
  leader: Sequence | undefined;
  /** How its text may go on after the token that is not computed yet: for the next step only. */
  draft: readonly number[] = [];
  #computed = 0;
  #tokens: Int32Array;
  #length: number;

  constructor(order: number, prompt: ArrayLike<number>, pool: BlockPool, terms: SequenceTerms) {
    this.order = order;
    this.terms = terms;
    this.promptLength = prompt.length;
    this.#tokens = new Int32Array(prompt.length + 64);
    this.#tokens.set(prompt);
    this.#length = prompt.length;
    this.table = new BlockTable(pool);
  }

  get length(): number {
    return this.#length;
  }

  /** Tokens `[0, computed)` have their keys and values in the cache. Setting it forgets what was planned. */
  get computed(): number {
    return this.#computed;
  }

  set computed(tokens: number) {
    this.#computed = tokens;
    this.planned = tokens;
  }

  /** A step that computes tokens up to `tokens` was committed; later ones may be under way. */
  advance(tokens: number): void {
    this.#computed = tokens;
    this.planned = Math.max(this.planned, tokens);
  }

  /** Whether a step that computes some of it was planned and not committed yet. */
  get inFlight(): boolean {
    return this.planned > this.#computed;
  }

  /** Tokens that no step has computed or is computing. */
  get unplanned(): number {
    return this.#length - this.planned;
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

  /** Forgets the tokens from `length` on, and what was computed of them. */
  rewind(length: number): void {
    this.#length = Math.min(this.#length, length);
    this.computed = Math.min(this.computed, this.#length);
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
