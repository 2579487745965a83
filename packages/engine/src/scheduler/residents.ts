import { BlockTable } from "../kv/block-table.ts";
import { type BlockMove, BlockPool } from "../kv/blocks.ts";
import { PrefixCache, type PrefixCursor, type Swap } from "../kv/prefix-cache.ts";
import type { Sequence } from "./sequence.ts";

/** The sequences that run, with the slots and blocks that they hold. */
export class Residents {
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  readonly #all: Sequence[] = [];
  readonly #slots: number[];
  readonly #places: number;
  #preemptions = 0;
  #promptTokens = 0;
  #cachedTokens = 0;

  constructor(blocks: number, maxSequences: number, swap?: Swap) {
    this.pool = new BlockPool(blocks);
    this.prefixes = new PrefixCache(this.pool, swap);
    this.#places = maxSequences;
    this.#slots = Array.from({ length: maxSequences }, (_, i) => maxSequences - 1 - i);
  }

  get all(): readonly Sequence[] {
    return this.#all;
  }

  get freeSlots(): number {
    return this.#slots.length;
  }

  get takenSlots(): number {
    return this.#places - this.#slots.length;
  }

  get preemptions(): number {
    return this.#preemptions;
  }

  /** Tokens of the prompts admitted so far, and how many of them were in the cache. */
  get prompts(): { readonly tokens: number; readonly cached: number } {
    return { tokens: this.#promptTokens, cached: this.#cachedTokens };
  }

  /** @returns whether there were slots and blocks for it. */
  start(sequence: Sequence, copies: BlockMove[]): boolean {
    const { terms, table } = sequence;
    const members = [sequence, ...sequence.followers];
    if (this.#slots.length < members.length) return false;
    const found = this.#find(sequence);
    // Each of those that run may need a block soon: without that reserve the newcomer would be thrown out at once.
    const reserve = this.#all.length;
    const needed = () => table.blocksToWrite(found.tokens, sequence.length) + reserve;
    if (needed() > this.pool.free && reserve === 0) this.prefixes.unpin();
    if (needed() > this.pool.free) {
      table.release();
      return false;
    }
    table.prepareWrite(found.tokens, sequence.length, copies);
    if (sequence.charged === 0) {
      sequence.cachedTokens = Math.min(found.tokens, terms.cachedElsewhere ?? found.tokens);
      this.#promptTokens += sequence.promptLength;
      this.#cachedTokens += sequence.cachedTokens;
    }
    sequence.computed = found.tokens;
    sequence.charged = Math.max(sequence.charged, found.tokens);
    sequence.cursor = found.cursor;
    sequence.state = "running";
    const queue = queueOf(sequence);
    queue.splice(queue.indexOf(sequence), 1);
    for (const member of members) member.slot = this.#slots.pop()!;
    terms.tenant.running += members.length;
    this.#all.push(sequence);
    return true;
  }

  /** What the cache has of its tokens; the last is always computed, because its logits are wanted. */
  #find(sequence: Sequence): { readonly tokens: number; readonly cursor: PrefixCursor } {
    const { scope } = sequence.terms;
    if (scope === undefined) return { tokens: 0, cursor: this.prefixes.start };
    const { length, table } = sequence;
    return this.prefixes.match(scope, sequence.tokens(), length - 1, table, this.#all.length);
  }

  /** Lets others find what it has computed. */
  remember(sequence: Sequence): void {
    const { scope } = sequence.terms;
    if (scope === undefined) return;
    const from = sequence.cursor ?? this.prefixes.start;
    sequence.cursor = this.prefixes.extend(scope, from, sequence.tokens(), sequence.computed, sequence.table);
  }

  /** A follower goes on by itself, from blocks that it shares with its leader. */
  fork(leader: Sequence, follower: Sequence): void {
    leader.followers = leader.followers.filter((other) => other !== follower);
    follower.leader = undefined;
    follower.table = leader.table.fork(leader.computed);
    follower.cursor = leader.cursor;
    follower.computed = leader.computed;
    follower.charged = leader.computed;
    follower.state = "running";
    this.#all.push(follower);
  }

  /** Takes its slots and blocks; it waits again, at its place. */
  preempt(sequence: Sequence): Sequence {
    this.#all.splice(this.#all.indexOf(sequence), 1);
    if (sequence.cursor) this.prefixes.expect(sequence.cursor);
    sequence.table.release();
    sequence.cursor = undefined;
    sequence.computed = 0;
    sequence.preemptions += 1;
    this.#preemptions += 1;
    for (const member of [sequence, ...sequence.followers]) this.#releaseSlot(member);
    sequence.state = "waiting";
    const queue = queueOf(sequence);
    const younger = queue.findIndex(({ order }) => order > sequence.order);
    queue.splice(younger < 0 ? queue.length : younger, 0, sequence);
    return sequence;
  }

  /** A sequence has ended; an heir takes its place among those that run, with its blocks. */
  leave(sequence: Sequence, heir: Sequence | undefined): void {
    const at = this.#all.indexOf(sequence);
    if (heir) {
      heir.table = sequence.table;
      heir.cursor = sequence.cursor;
      heir.computed = sequence.computed;
      sequence.table = new BlockTable(this.pool);
      if (at >= 0) this.#all[at] = heir;
    } else if (at >= 0) {
      this.#all.splice(at, 1);
    }
    sequence.table.release();
    this.#releaseSlot(sequence);
  }

  #releaseSlot(sequence: Sequence): void {
    if (sequence.slot < 0) return;
    this.#slots.push(sequence.slot);
    sequence.slot = -1;
    sequence.terms.tenant.running -= 1;
  }
}

/** Where it waits, or would. */
export function queueOf({ terms }: Sequence): Sequence[] {
  return terms.tenant.waiting[terms.priority];
}
