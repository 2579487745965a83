import type { AdapterPlace } from "../adapters/places.ts";
import { BlockStore } from "../kv/block-store.ts";
import { BlockTable } from "../kv/block-table.ts";
import { type BlockMove, type BlockPool, blocksFor } from "../kv/blocks.ts";
import { type Adoption, adopt } from "../kv/hand-over.ts";
import type { PrefixCache, Swap } from "../kv/prefix-cache.ts";
import { SwapCosts } from "../kv/swap-costs.ts";
import { Pace } from "./pace.ts";
import { compareRank, yieldsTo } from "./ranks.ts";
import { queueOf, Residents } from "./residents.ts";
import { Sequence } from "./sequence.ts";
import { computesBeginning } from "./shared-beginning.ts";
import type { StepEntry, StepPlan } from "./step-plan.ts";
import { type Priority, Tenants, TOKEN_WEIGHTS } from "./tenants.ts";

export interface SchedulerLimits {
  /** Blocks of the KV cache. */
  readonly blocks: number;
  /** Sequences that run at once. */
  readonly maxSequences: number;
  /** Rows (tokens) of one step. */
  readonly maxRows: number;
  /** Rows that tokens are drawn from in one step; default `maxSequences`. More of them let drafts be verified. */
  readonly maxSamples?: number;
  /** Rows of prefill that a step may carry when it also decodes: bounds what a long prompt costs its neighbours. */
  readonly mixedPrefillRows: number;
  /** What such a step may take, in ms: the rows above are then only where it begins. */
  readonly itlTargetMs?: number;
  /** Steps that may be planned before the first of them is committed. Default 1. More keep several stages at work. */
  readonly lanes?: number;
  /** Memory of the host for blocks that the device has no room for; absent: they are computed again. */
  readonly swap?: { readonly bytes: number; readonly blockBytes: number } | undefined;
}

/** Whose work a prompt is, and how it is to be treated. Times are milliseconds of one clock, the caller's. */
export interface SubmitTerms {
  /** Who shares the engine fairly with the others. */
  readonly tenant?: string;
  readonly priority?: Priority;
  /** Whose prefixes may be shared; undefined: none. */
  readonly scope?: string;
  /** Its place is the caller's to keep until the sequences have ended; the scope must tell adapters apart. */
  readonly adapter?: AdapterPlace;
  /**
   * Of its prompt, what was in the cache of whoever computed the rest and handed it over: that is no hit of this cache.
   * Absent: all that is found here.
   */
  readonly cachedElsewhere?: number;
  readonly now?: number;
  /** See `expired`. */
  readonly deadline?: number;
}

/**
 * Decides what each step computes. Holds no clock and does no I/O: `submit`, `finish`, `observe` and `commit` tell it what
 * happened, `plan` says what to do next.
 *
 * Rank decides everywhere: urgent work first, then the tenant served least, then the oldest. A step decodes everybody, then
 * fills up with prefill in chunks, then admits. A sequence is admitted with all the blocks of its tokens, so only decodes
 * can run out; then the last in rank gives its blocks up and is computed again later, from what the prefix cache still
 * has. Every preemption lets a decode of somebody else happen, and tokens once written stay, so all work ends.
 */
export class Scheduler {
  readonly limits: SchedulerLimits;
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  readonly #tenants = new Tenants();
  readonly #pace: Pace;
  readonly #deadlines = new Set<Sequence>();
  readonly #residents: Residents;
  readonly swap: Swap | undefined;
  /** What the device owes, in order. */
  readonly #moves: BlockMove[] = [];
  #submitted = 0;

  constructor(limits: SchedulerLimits) {
    this.limits = limits;
    const { blocks, maxSequences, swap } = limits;
    this.swap = swap && {
      store: new BlockStore(swap.bytes, swap.blockBytes),
      costs: new SwapCosts(),
      moves: this.#moves,
    };
    this.#residents = new Residents(blocks, maxSequences, this.swap);
    this.pool = this.#residents.pool;
    this.prefixes = this.#residents.prefixes;
    this.#pace = new Pace({
      startRows: limits.mixedPrefillRows,
      maxRows: limits.maxRows,
      targetMs: limits.itlTargetMs,
    });
  }

  /** Sequences that have a slot, those that wait for their leader's prompt included. */
  get running(): number {
    return this.#residents.takenSlots;
  }

  get waiting(): number {
    let count = 0;
    for (const sequence of this.#waiting()) count += 1 + sequence.followers.length;
    return count;
  }

  /** How often a sequence had to give its blocks up, so far. */
  get preemptions(): number {
    return this.#residents.preemptions;
  }

  /** Tokens of the prompts admitted so far, and how many of them were in the cache. */
  get prompts(): { readonly tokens: number; readonly cached: number } {
    return this.#residents.prompts;
  }

  get idle(): boolean {
    return this.#residents.all.length === 0 && this.#waiting().next().done === true;
  }

  /** Whether the next step would verify drafts: it reads no prompt. */
  get verifies(): boolean {
    const everybodyDecodes = this.#residents.all.every(({ pending }) => pending === 1);
    return everybodyDecodes && (this.#residents.freeSlots === 0 || this.#waiting().next().done === true);
  }

  /**
   * Queues a prompt with `choices` continuations. The first computes the prompt, the others share its blocks.
   * @throws RangeError when it could never run, however long it waits.
   */
  submit(prompt: ArrayLike<number>, choices: number, terms: SubmitTerms = {}): Sequence[] {
    if (prompt.length === 0) throw new RangeError("a sequence needs at least one token");
    if (choices < 1 || choices > this.limits.maxSequences)
      throw new RangeError(`${choices} choices cannot run at once`);
    if (blocksFor(prompt.length + 1) > this.pool.total) {
      throw new RangeError(`${prompt.length} tokens do not fit ${this.pool.total} blocks`);
    }
    const {
      adapter,
      cachedElsewhere,
      deadline = Number.POSITIVE_INFINITY,
      now = 0,
      priority = "interactive",
      scope,
    } = terms;
    const tenant = this.#tenants.enter(terms.tenant ?? "");
    const own = { tenant, priority, scope, adapter, cachedElsewhere, arrived: now, deadline };
    const group = Array.from({ length: choices }, () => new Sequence(this.#submitted++, prompt, this.pool, own));
    const [leader, ...followers] = group;
    if (!leader) return [];
    leader.followers = followers;
    for (const follower of followers) {
      follower.leader = leader;
      follower.state = "following";
    }
    tenant.waiting[priority].push(leader);
    if (Number.isFinite(deadline)) for (const sequence of group) this.#deadlines.add(sequence);
    return group;
  }

  /** Sequences that nobody waits for any more. They are still to be finished. */
  expired(now: number): Sequence[] {
    return [...this.#deadlines].filter(({ terms }) => terms.deadline <= now);
  }

  /** Ends a sequence, wherever it is, and frees what it holds. Twice does no harm. */
  finish(sequence: Sequence): void {
    if (sequence.state === "finished") return;
    const { leader, followers, state } = sequence;
    sequence.state = "finished";
    this.#deadlines.delete(sequence);
    if (leader) {
      leader.followers = leader.followers.filter((other) => other !== sequence);
      sequence.leader = undefined;
    }
    const heir = followers[0];
    if (heir) {
      heir.state = state;
      heir.leader = undefined;
      heir.followers = followers.slice(1);
      for (const follower of heir.followers) follower.leader = heir;
      sequence.followers = [];
    }
    const queue = queueOf(sequence);
    const at = queue.indexOf(sequence);
    if (at >= 0) queue.splice(at, 1, ...(heir ? [heir] : []));
    this.#residents.leave(sequence, heir);
  }

  /**
   * Room for work outside the queues: preempts the last in rank until `tokens` tokens fit. The moves that this owes are to
   * be taken before the room is used.
   * @throws RangeError when they could never fit.
   */
  reserve(tokens: number, now = 0): BlockTable {
    if (blocksFor(tokens) > this.pool.total)
      throw new RangeError(`${tokens} tokens do not fit ${this.pool.total} blocks`);
    while (this.pool.free < blocksFor(tokens)) {
      if (this.#residents.all.length === 0) this.prefixes.unpin();
      if (this.pool.free >= blocksFor(tokens)) break;
      this.#residents.preempt(this.#lastOf(this.#residents.all.toSorted((a, b) => compareRank(a, b, now))));
    }
    const table = new BlockTable(this.pool);
    table.prepareWrite(0, tokens, this.#moves);
    return table;
  }

  /** What the device owes since the last step. */
  takeMoves(): BlockMove[] {
    return this.#moves.splice(0);
  }

  /** Room for keys and values of a text that were computed elsewhere, as far as blocks are left over. */
  adopt(scope: string, tokens: Int32Array): Adoption {
    return adopt(this.#residents, scope, tokens, this.#residents.all.length);
  }

  /** What the next step computes, or `undefined` when there is nothing to do. */
  plan(now = 0): StepPlan | undefined {
    const { maxRows } = this.limits;
    const entries: StepEntry[] = [];
    const moves = this.#moves;
    let rows = 0;
    let samples = 0;
    const schedule = (sequence: Sequence, most: number) => {
      const start = sequence.planned;
      const count = Math.min(sequence.unplanned, most);
      const takers = start + count === sequence.length ? [sequence, ...sequence.followers] : [];
      entries.push({ sequence, start, count, samples: takers, draft: [] });
      sequence.planned = start + count;
      rows += count;
      samples += takers.length;
      charge(sequence, start + count, takers.length);
    };

    this.#admit(now, moves);
    const ranked = this.#residents.all.toSorted((a, b) => compareRank(a, b, now));
    const mostDecodes = this.#laneOf(ranked.filter(({ pending }) => pending === 1).length);
    for (const sequence of ranked) {
      if (rows === Math.min(maxRows, mostDecodes)) break;
      if (sequence.state !== "running" || sequence.unplanned !== 1) continue;
      const needed = () => sequence.table.blocksToWrite(sequence.planned, sequence.length) > this.pool.free;
      while (needed()) {
        const victim = this.#lastOf(ranked);
        // What is under way may end and give its blocks back.
        if (victim === sequence && ranked.some(({ inFlight }) => inFlight)) break;
        if (this.#residents.preempt(victim) === sequence) break;
      }
      if (sequence.state !== "running") break;
      if (needed()) continue;
      sequence.table.prepareWrite(sequence.planned, sequence.length, moves);
      schedule(sequence, 1);
    }
    if (rows > 0 && ranked.every(({ pending }) => pending === 1)) {
      const drafted = this.#verifyDrafts(entries, moves, { rows, samples });
      for (const { draft } of drafted) {
        rows += draft.length;
        samples += draft.length;
      }
    }
    for (const sequence of ranked) sequence.draft = [];
    const budget = this.#budget(rows);
    for (const sequence of ranked) {
      if (rows >= budget) break;
      if (sequence.state === "running" && sequence.unplanned > 1) schedule(sequence, budget - rows);
    }
    return rows === 0 ? undefined : { entries, moves: this.takeMoves(), rows, samples };
  }

  /** How long a planned step took, in ms: the share of prefill in later ones follows it. */
  observe(plan: StepPlan, ms: number): void {
    const decodes = plan.entries.filter(({ count, draft, start }) => count === 1 + draft.length && start > 0).length;
    // Rows of drafts say little about rows of prefill.
    if (plan.entries.every(({ draft }) => draft.length === 0)) this.#pace.observe(decodes, plan.rows - decodes, ms);
    if (decodes === 0) this.swap?.costs.observeRead(plan.rows, ms);
  }

  /**
   * Books a finished step. `sampled` holds one token for each sample of the plan, in order; sequences that ended
   * meanwhile are passed over. Of a draft, what was drawn as guessed is kept, and one token more.
   */
  commit(plan: StepPlan, sampled: ArrayLike<number>): void {
    let next = 0;
    for (const { sequence, start, count, samples, draft } of plan.entries) {
      const first = next;
      next += samples.length;
      if (sequence.state === "finished") continue;
      if (draft.length > 0) {
        const right = acceptedOf(draft, sampled, first);
        for (let i = 0; i <= right; i++) sequence.append(sampled[first + i]!);
        sequence.computed = start + 1 + right;
        charge(sequence, sequence.computed, right);
        this.#residents.remember(sequence);
        continue;
      }
      sequence.advance(start + count);
      this.#residents.remember(sequence);
      for (let i = 0; i < samples.length; i++) {
        const taker = samples[i]!;
        if (taker.state === "following") this.#residents.fork(sequence, taker);
        if (taker.state === "running") taker.append(sampled[first + i]!);
      }
    }
  }

  /**
   * Turns decodes into rows that verify drafts, where rows, samples and blocks are left over. They move behind the others.
   */
  #verifyDrafts(
    entries: StepEntry[],
    moves: BlockMove[],
    { rows, samples }: { readonly rows: number; readonly samples: number },
  ): StepEntry[] {
    const drafted: StepEntry[] = [];
    let room = Math.min(this.limits.maxRows - rows, (this.limits.maxSamples ?? this.limits.maxSequences) - samples);
    for (let i = 0; i < entries.length && room > 0; i++) {
      const { sequence, start } = entries[i]!;
      if (sequence.draft.length === 0 || sequence.followers.length > 0) continue;
      const draft = sequence.draft.slice(0, room);
      const end = sequence.length + draft.length;
      // Each of the others may need a block soon.
      if (sequence.table.blocksToWrite(start, end) + this.#residents.all.length > this.pool.free) continue;
      sequence.table.prepareWrite(start, end, moves);
      drafted.push({
        sequence,
        start,
        count: 1 + draft.length,
        samples: [sequence, ...draft.map(() => sequence)],
        draft,
      });
      room -= draft.length;
    }
    if (drafted.length === 0) return drafted;
    const sequences = new Set(drafted.map(({ sequence }) => sequence));
    entries.splice(0, entries.length, ...entries.filter(({ sequence }) => !sequences.has(sequence)), ...drafted);
    return drafted;
  }

  /** Of what could be in one step, the part that leaves as much for the steps beside it. */
  #laneOf(rows: number): number {
    return Math.ceil(rows / (this.limits.lanes ?? 1));
  }

  #budget(decodes: number): number {
    return decodes === 0
      ? this.limits.maxRows
      : Math.min(this.limits.maxRows, decodes + this.#pace.rowsBeside(decodes));
  }

  *#waiting(): Generator<Sequence> {
    for (const { waiting } of this.#tenants.active()) {
      yield* waiting.interactive;
      yield* waiting.batch;
    }
  }

  /** The first in rank of those that wait, but for queues whose first is held. */
  #next(now: number, held: ReadonlySet<Sequence>): Sequence | undefined {
    let best: Sequence | undefined;
    for (const { waiting } of this.#tenants.active()) {
      for (const head of [waiting.interactive[0], waiting.batch[0]]) {
        if (head && !held.has(head) && (!best || compareRank(head, best, now) < 0)) best = head;
      }
    }
    return best;
  }

  /**
   * Admits those whose turn comes in the next step: who comes later finds more in the cache. A prompt whose beginning is
   * just being computed for another one is held until it is there.
   */
  #admit(now: number, moves: BlockMove[]): void {
    const held = new Set<Sequence>();
    for (let sequence = this.#next(now, held); sequence; sequence = this.#next(now, held)) {
      const asked = sequence;
      if (this.#residents.all.some((other) => compareRank(other, asked, now) < 0 && computesBeginning(other, asked))) {
        held.add(asked);
        continue;
      }
      const decodes = this.#residents.all.filter(({ pending }) => pending === 1).length;
      let left = this.#budget(decodes) - decodes;
      for (const other of this.#residents.all) {
        if (other.pending > 1 && compareRank(other, sequence, now) < 0) left -= other.pending;
      }
      if (left <= 0 || !this.#makeRoom(sequence, now, moves)) return;
    }
  }

  /** Admits a sequence, in the place of others that give way to it if there is no other way. */
  #makeRoom(sequence: Sequence, now: number, moves: BlockMove[]): boolean {
    if (this.#residents.start(sequence, moves)) return true;
    const giving = this.#residents.all.filter((other) => !other.inFlight && yieldsTo(other, sequence, now));
    const blocks = giving.reduce((sum, { table }) => sum + table.blocks.length, this.pool.free);
    const slots = giving.reduce((sum, { followers }) => sum + 1 + followers.length, this.#residents.freeSlots);
    if (blocks < blocksFor(sequence.length) || slots < 1 + sequence.followers.length) return false;
    giving.sort((a, b) => compareRank(b, a, now));
    for (const victim of giving) {
      if (!yieldsTo(victim, sequence, now)) continue;
      this.#residents.preempt(victim);
      if (this.#residents.start(sequence, moves)) return true;
    }
    return false;
  }

  /** @throws RangeError when nothing runs: blocks are then held by nobody who can give them up. */
  #lastOf(ranked: readonly Sequence[]): Sequence {
    const sequence = ranked.findLast(({ inFlight, state }) => state === "running" && !inFlight);
    if (!sequence) throw new RangeError("no sequence is left to preempt");
    return sequence;
  }
}

/** How many tokens of a draft were drawn as guessed, before the first that was not. */
export function acceptedOf(draft: readonly number[], sampled: ArrayLike<number>, first: number): number {
  let right = 0;
  while (right < draft.length && sampled[first + right] === draft[right]) right += 1;
  return right;
}

/** Tokens are paid once, also when they are computed again; what the cache had is free. */
function charge(sequence: Sequence, computed: number, samples: number): void {
  const { prompt, generated } = TOKEN_WEIGHTS;
  const fresh = Math.max(0, computed - sequence.charged);
  sequence.charged = Math.max(sequence.charged, computed);
  sequence.terms.tenant.served += fresh * prompt + samples * (generated - prompt);
}
