import type { Clock } from "../engine.ts";
import type { Draw, StepRunner } from "../generation/step-runner.ts";
import { BlockPool } from "../kv/blocks.ts";
import { Sequence, type SequenceTerms } from "../scheduler/sequence.ts";
import type { StepEntry } from "../scheduler/step-plan.ts";
import { Tenant } from "../scheduler/tenants.ts";
import type { StepCosts } from "./step-costs.ts";

/** A text whose next tokens are wanted. */
export interface GuessWish {
  readonly sequence: Sequence;
  /** Tokens, at least one. */
  readonly most: number;
  /** How the large model will draw the token after `ahead` guessed ones. */
  readonly drawOf: (ahead: number) => Draw;
}

export interface DraftLimits {
  readonly blocks: number;
  readonly maxSequences: number;
  readonly maxRows: number;
  readonly contextLength: number;
  /** Tokens that both models know. */
  readonly vocabulary: number;
}

/** The same text in the small model's own cache. */
interface Mirror {
  readonly own: Sequence;
  /** Tokens that are known to be the text's. */
  agreed: number;
}

interface OpenGuess {
  readonly wish: GuessWish;
  readonly own: Sequence;
  readonly guessed: number[];
}

const terms: SequenceTerms = {
  tenant: new Tenant("drafts"),
  priority: "interactive",
  scope: undefined,
  adapter: undefined,
  arrived: 0,
  deadline: Number.POSITIVE_INFINITY,
};

/**
 * A small model that guesses how texts go on (speculative decoding: Leviathan et al. 2023,
 * https://arxiv.org/abs/2211.17192). It draws as the large one will, with the same random numbers, and a guess counts only
 * where the large model, by its own draw, drew the same: so it changes no text, not even a sampled one's. Drawing anew from
 * the large model alone and keeping what is equal is rejection sampling whose proposals share the target's randomness
 * (Daliri et al. 2024, https://arxiv.org/abs/2408.07978).
 *
 * It guesses for all texts at once, a token of each in a round, and keeps keys and values of its own. A text that it has
 * not read to its end yet is read by a chunk a step.
 */
export class DraftModel {
  readonly #runner: Pick<StepRunner, "run">;
  readonly #limits: DraftLimits;
  readonly #costs: StepCosts;
  readonly #clock: Clock;
  readonly #pool: BlockPool;
  readonly #slots: number[];
  readonly #mirrors = new Map<Sequence, Mirror>();

  constructor(runner: Pick<StepRunner, "run">, limits: DraftLimits, costs: StepCosts, clock: Clock) {
    this.#runner = runner;
    this.#limits = limits;
    this.#costs = costs;
    this.#clock = clock;
    this.#pool = new BlockPool(limits.blocks);
    this.#slots = Array.from({ length: limits.maxSequences }, (_, i) => limits.maxSequences - 1 - i);
  }

  /** Blocks of its cache that texts hold. */
  get blocksUsed(): number {
    return this.#pool.used;
  }

  /** Sets the sequences' drafts, of those that it can guess for. */
  async guess(wishes: readonly GuessWish[]): Promise<void> {
    const begin = this.#clock();
    const wanted = new Set(wishes.map(({ sequence }) => sequence));
    let open: OpenGuess[] = [];
    let rounds = 0;
    let unread = 0;
    for (const wish of wishes) {
      const own = this.#follow(wish.sequence, wanted);
      if (!own) continue;
      open.push({ wish, own, guessed: [] });
      unread = Math.max(unread, own.pending);
    }
    while (open.length > 0) {
      rounds += 1;
      const taken = await this.#round(open, wanted);
      open = taken.filter(({ guessed, own, wish }) => {
        wish.sequence.draft = guessed;
        return guessed.length < wish.most && own.length < this.#limits.contextLength;
      });
    }
    // Reading a text up to its end is no part of a guess: beyond its last token and a right guess it has been read.
    if (rounds > 0 && unread <= 2) this.#costs.observeRound(wishes.length, (this.#clock() - begin) / rounds);
  }

  /** Tokens of a text that it has not read. */
  unread(sequence: Sequence): number {
    return sequence.length - (this.#mirrors.get(sequence)?.agreed ?? 0);
  }

  /** The text has ended. */
  forget(sequence: Sequence): void {
    const mirror = this.#mirrors.get(sequence);
    if (!mirror) return;
    this.#mirrors.delete(sequence);
    mirror.own.table.release();
    this.#slots.push(mirror.own.slot);
  }

  /** One step of the small model. @returns those that got a token by it. */
  async #round(open: readonly OpenGuess[], wanted: ReadonlySet<Sequence>): Promise<OpenGuess[]> {
    const byOwn = new Map<Sequence, OpenGuess>();
    const entries: StepEntry[] = [];
    let rows = 0;
    for (const one of open) {
      const { own } = one;
      const count = Math.min(own.pending, this.#limits.maxRows - rows);
      const end = own.computed + count;
      if (count === 0 || !this.#makeRoom(own, end, wanted)) continue;
      own.table.prepareWrite(own.computed, end, []);
      const samples = end === own.length ? [own] : [];
      entries.push({ sequence: own, start: own.computed, count, samples, draft: [] });
      byOwn.set(own, one);
      rows += count;
    }
    if (rows === 0) return [];
    // Decodes lead.
    entries.sort((a, b) => Number(a.count > 1) - Number(b.count > 1));
    const samples = entries.reduce((sum, entry) => sum + entry.samples.length, 0);
    const { tokens } = await this.#runner.run({ entries, moves: [], rows, samples }, (own) => {
      const { guessed, wish } = byOwn.get(own)!;
      return { ...wish.drawOf(guessed.length), logprobs: undefined, mask: undefined };
    });
    const taken: OpenGuess[] = [];
    let sample = 0;
    for (const { count, samples: takers, sequence: own } of entries) {
      own.computed += count;
      if (takers.length === 0) continue;
      const token = tokens[sample]!;
      sample += 1;
      if (token >= this.#limits.vocabulary) continue;
      const one = byOwn.get(own)!;
      own.append(token);
      one.guessed.push(token);
      taken.push(one);
    }
    return taken;
  }

  /** Brings its own text up to the other's. */
  #follow(text: Sequence, wanted: ReadonlySet<Sequence>): Sequence | undefined {
    if (text.length >= this.#limits.contextLength) return undefined;
    const mirror = this.#mirrors.get(text) ?? this.#begin(text, wanted);
    if (!mirror) return undefined;
    const { own } = mirror;
    let same = mirror.agreed;
    while (same < Math.min(own.length, text.length) && own.token(same) === text.token(same)) same += 1;
    own.rewind(same);
    for (let i = same; i < text.length; i++) own.append(text.token(i));
    mirror.agreed = text.length;
    // The last row is always computed, because what follows it is wanted.
    own.computed = Math.min(own.computed, own.length - 1);
    return own;
  }

  #begin(text: Sequence, wanted: ReadonlySet<Sequence>): Mirror | undefined {
    if (text.tokens().some((token) => token >= this.#limits.vocabulary)) return undefined;
    if (this.#slots.length === 0) this.#dropOther(wanted);
    const slot = this.#slots.pop();
    if (slot === undefined) return undefined;
    const own = new Sequence(text.order, text.tokens(), this.#pool, terms);
    own.slot = slot;
    const mirror = { own, agreed: text.length };
    this.#mirrors.set(text, mirror);
    return mirror;
  }

  /** @returns whether its tokens up to `end` fit; those of texts that want nothing now give way. */
  #makeRoom(own: Sequence, end: number, wanted: ReadonlySet<Sequence>): boolean {
    while (own.table.blocksToWrite(own.computed, end) > this.#pool.free) if (!this.#dropOther(wanted)) return false;
    return true;
  }

  #dropOther(wanted: ReadonlySet<Sequence>): boolean {
    for (const text of this.#mirrors.keys()) {
      if (wanted.has(text)) continue;
      this.forget(text);
      return true;
    }
    return false;
  }
}
