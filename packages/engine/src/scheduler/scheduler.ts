import { BlockTable } from "../kv/block-table.ts";
import { type BlockCopy, BlockPool, blocksFor } from "../kv/blocks.ts";
import { Sequence } from "./sequence.ts";

export interface SchedulerLimits {
  /** Blocks of the KV cache. */
  readonly blocks: number;
  /** Sequences that run at once. */
  readonly maxSequences: number;
  /** Rows (tokens) of one step. */
  readonly maxRows: number;
  /** Rows of prefill that a step may carry when it also decodes: bounds what a long prompt costs its neighbours. */
  readonly mixedPrefillRows: number;
}

/** Rows `[start, start + count)` of one sequence, and who takes a token from the last of them. */
export interface StepEntry {
  readonly sequence: Sequence;
  readonly start: number;
  readonly count: number;
  /** Empty in the middle of a prompt; more than one when choices share the prompt. */
  readonly samples: readonly Sequence[];
}

export interface StepPlan {
  /** Decodes first, then chunks of prefill. */
  readonly entries: readonly StepEntry[];
  /** Owed before anything of the step is written, in this order. */
  readonly copies: readonly BlockCopy[];
  readonly rows: number;
  readonly samples: number;
}

/**
 * Decides what each step computes. Holds no clock and does no I/O: `submit`, `finish` and `commit` tell it what
 * happened, `plan` says what to do next.
 *
 * Oldest first everywhere: decodes, then prefill in chunks, then admission. A sequence is admitted with all the blocks
 * of its tokens, so only decodes can run out; then the youngest gives its blocks up and is computed again later.
 * Whatever runs is older than whatever waits, so the oldest always ends and nobody starves.
 */
export class Scheduler {
  readonly limits: SchedulerLimits;
  readonly pool: BlockPool;
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];
  readonly #slots: number[];
  #submitted = 0;
  #preemptions = 0;

  constructor(limits: SchedulerLimits) {
    this.limits = limits;
    this.pool = new BlockPool(limits.blocks);
    this.#slots = Array.from({ length: limits.maxSequences }, (_, i) => limits.maxSequences - 1 - i);
  }

  /** Sequences that have a slot, those that wait for their leader's prompt included. */
  get running(): number {
    return this.limits.maxSequences - this.#slots.length;
  }

  get waiting(): number {
    return this.#waiting.reduce((sum, sequence) => sum + 1 + sequence.followers.length, 0);
  }

  /** How often a sequence had to give its blocks up, so far. */
  get preemptions(): number {
    return this.#preemptions;
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#running.length === 0;
  }

  /**
   * Queues a prompt with `choices` continuations. The first computes the prompt, the others share its blocks.
   * @throws RangeError when it could never run, however long it waits.
   */
  submit(prompt: ArrayLike<number>, choices: number): Sequence[] {
    if (prompt.length === 0) throw new RangeError("a sequence needs at least one token");
    if (choices < 1 || choices > this.limits.maxSequences)
      throw new RangeError(`${choices} choices cannot run at once`);
    if (blocksFor(prompt.length + 1) > this.pool.total) {
      throw new RangeError(`${prompt.length} tokens do not fit ${this.pool.total} blocks`);
    }
    const group = Array.from({ length: choices }, () => new Sequence(this.#submitted++, prompt, this.pool));
    const [leader, ...followers] = group;
    if (!leader) return [];
    leader.followers = followers;
    for (const follower of followers) {
      follower.leader = leader;
      follower.state = "following";
    }
    this.#waiting.push(leader);
    return group;
  }

  /** Ends a sequence, wherever it is, and frees what it holds. Twice does no harm. */
  finish(sequence: Sequence): void {
    if (sequence.state === "finished") return;
    const { leader, followers, state } = sequence;
    sequence.state = "finished";
    if (leader) {
      leader.followers = leader.followers.filter((other) => other !== sequence);
      sequence.leader = undefined;
    }
    const list = state === "running" ? this.#running : this.#waiting;
    const at = list.indexOf(sequence);
    const heir = followers[0];
    if (heir) {
      heir.state = state;
      heir.leader = undefined;
      heir.table = sequence.table;
      heir.computed = sequence.computed;
      heir.followers = followers.slice(1);
      for (const follower of heir.followers) follower.leader = heir;
      sequence.followers = [];
      sequence.table = new BlockTable(this.pool);
      list[at] = heir;
    } else if (at >= 0) {
      list.splice(at, 1);
    }
    sequence.table.release();
    this.#releaseSlot(sequence);
  }

  /**
   * Room for work outside the queues: preempts the youngest until `tokens` tokens fit.
   * @throws RangeError when they could never fit.
   */
  reserve(tokens: number): BlockTable {
    if (blocksFor(tokens) > this.pool.total)
      throw new RangeError(`${tokens} tokens do not fit ${this.pool.total} blocks`);
    while (this.pool.free < blocksFor(tokens)) this.#preemptYoungest();
    const table = new BlockTable(this.pool);
    table.prepareWrite(0, tokens, []);
    return table;
  }

  /** What the next step computes, or `undefined` when there is nothing to do. */
  plan(): StepPlan | undefined {
    const entries: StepEntry[] = [];
    const copies: BlockCopy[] = [];
    let rows = 0;
    let samples = 0;
    const schedule = (sequence: Sequence, count: number) => {
      const start = sequence.computed;
      const takers = start + count === sequence.length ? [sequence, ...sequence.followers] : [];
      entries.push({ sequence, start, count, samples: takers });
      rows += count;
      samples += takers.length;
    };

    let preempted = false;
    for (let i = 0; i < this.#running.length && rows < this.limits.maxRows; i++) {
      const sequence = this.#running[i]!;
      if (sequence.pending !== 1) continue;
      while (sequence.table.blocksToWrite(sequence.computed, sequence.length) > this.pool.free) {
        preempted = true;
        if (this.#preemptYoungest() === sequence) break;
      }
      if (sequence.state !== "running") break;
      sequence.table.prepareWrite(sequence.computed, sequence.length, copies);
      schedule(sequence, 1);
    }

    const budget =
      rows === 0 ? this.limits.maxRows : Math.min(this.limits.maxRows, rows + this.limits.mixedPrefillRows);
    for (let i = 0; i < this.#running.length && rows < budget; i++) {
      const sequence = this.#running[i]!;
      if (sequence.pending > 1) schedule(sequence, Math.min(sequence.pending, budget - rows));
    }
    while (!preempted && rows < budget) {
      const sequence = this.#admit();
      if (!sequence) break;
      schedule(sequence, Math.min(sequence.pending, budget - rows));
    }
    return rows === 0 ? undefined : { entries, copies, rows, samples };
  }

  /**
   * Books a finished step. `sampled` holds one token for each sample of the plan, in order; sequences that ended
   * meanwhile are passed over.
   */
  commit(plan: StepPlan, sampled: ArrayLike<number>): void {
    let next = 0;
    for (const { sequence, start, count, samples } of plan.entries) {
      const first = next;
      next += samples.length;
      if (sequence.state === "finished") continue;
      sequence.computed = start + count;
      for (let i = 0; i < samples.length; i++) {
        const taker = samples[i]!;
        if (taker.state === "following") this.#fork(sequence, taker);
        if (taker.state === "running") taker.append(sampled[first + i]!);
      }
    }
  }

  #admit(): Sequence | undefined {
    const sequence = this.#waiting[0];
    if (!sequence || this.#slots.length < 1 + sequence.followers.length) return undefined;
    // Each of those that run may need a block soon: without that reserve the newcomer would be thrown out at once.
    if (blocksFor(sequence.length) + this.#running.length > this.pool.free && this.#running.length > 0)
      return undefined;
    // With nothing running, work outside the queues may still hold blocks.
    if (blocksFor(sequence.length) > this.pool.free) return undefined;
    this.#waiting.shift();
    sequence.table.prepareWrite(0, sequence.length, []);
    sequence.state = "running";
    for (const member of [sequence, ...sequence.followers]) member.slot = this.#slots.pop()!;
    this.#running.push(sequence);
    return sequence;
  }

  #fork(leader: Sequence, follower: Sequence): void {
    leader.followers = leader.followers.filter((other) => other !== follower);
    follower.leader = undefined;
    follower.table = leader.table.fork(leader.computed);
    follower.computed = leader.computed;
    follower.state = "running";
    const younger = this.#running.findIndex((other) => other.order > follower.order);
    this.#running.splice(younger < 0 ? this.#running.length : younger, 0, follower);
  }

  /** @throws RangeError when nothing runs: blocks are then held by nobody who can give them up. */
  #preemptYoungest(): Sequence {
    const sequence = this.#running.pop();
    if (!sequence) throw new RangeError("no sequence is left to preempt");
    sequence.table.release();
    sequence.computed = 0;
    sequence.preemptions += 1;
    this.#preemptions += 1;
    sequence.state = "waiting";
    for (const member of [sequence, ...sequence.followers]) this.#releaseSlot(member);
    this.#waiting.unshift(sequence);
    return sequence;
  }

  #releaseSlot(sequence: Sequence): void {
    if (sequence.slot < 0) return;
    this.#slots.push(sequence.slot);
    sequence.slot = -1;
  }
}
