import type { Automaton } from "./automaton.ts";
import { GrammarError } from "./errors.ts";

/** Threads of one position, calls within calls, and positions remembered: bounds on time and memory. */
const MAX_THREADS = 4_000;
const MAX_DEPTH = 1_000;
const MAX_POSITIONS = 20_000;
const MAX_STACKS = 1_000_000;

/**
 * Where a text stands in a grammar: every way in which it can go on. Immutable, so that it can be kept, compared by
 * identity and returned to.
 */
export interface Position {
  /** Whether the text may end here. */
  readonly complete: boolean;
  /** Whether nothing can follow. */
  readonly final: boolean;
}

class KnownPosition implements Position {
  /** `state, stack` pairs of states that read bytes. */
  readonly threads: Int32Array;
  readonly complete: boolean;
  /** The position after each byte, as far as it has been asked for; null: the byte can't follow. */
  readonly next: (KnownPosition | null | undefined)[] = new Array(256);

  constructor(threads: Int32Array, complete: boolean) {
    this.threads = threads;
    this.complete = complete;
  }

  get final(): boolean {
    return this.threads.length === 0;
  }
}

/**
 * Runs texts through an automaton, byte by byte. Sets of threads are made into positions when they are first met and
 * remembered (a lazy subset construction, as in Thompson 1968 and RE2), so that a byte costs one look-up. Threads share
 * their stacks of return states, which are interned.
 */
export class Matcher {
  readonly #automaton: Automaton;
  /** Stack 0 is the bottom; the others are a return state on top of another stack. */
  readonly #returns: number[] = [-1];
  readonly #parents: number[] = [-1];
  readonly #depths: number[] = [0];
  readonly #stacks = new Map<number, number>();
  #positions = new Map<string, KnownPosition>();
  /** For each state whether nothing but its rule's end lies behind it: a call there needs no return. */
  readonly #isTail: boolean[];
  readonly start: Position;
  #made = 0;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#isTail = tails(automaton);
    this.start = this.#close([automaton.starts[0]!, 0]);
  }

  /** Positions made so far: what has been worked for them. */
  get made(): number {
    return this.#made;
  }

  /** Positions remembered. */
  get size(): number {
    return this.#positions.size;
  }

  /**
   * @param position one of this matcher's
   * @returns undefined when the byte can't follow
   * @throws GrammarError `too-complex` when there are too many ways to read the text
   */
  step(position: Position, byte: number): Position | undefined {
    if (!(position instanceof KnownPosition)) throw new TypeError("a position of another kind");
    return this.#step(position, byte) ?? undefined;
  }

  /** The position after all the bytes. */
  run(position: Position, bytes: Uint8Array): Position | undefined {
    let at: Position | undefined = position;
    for (let i = 0; i < bytes.length && at !== undefined; i++) at = this.step(at, bytes[i]!);
    return at;
  }

  #step(position: KnownPosition, byte: number): KnownPosition | null {
    const known = position.next[byte];
    if (known !== undefined) return known;
    const moved: number[] = [];
    const { threads } = position;
    for (let i = 0; i < threads.length; i += 2) {
      const edges = this.#automaton.bytes[threads[i]!]!;
      for (let e = 0; e < edges.length; e += 3) {
        if (edges[e]! <= byte && byte <= edges[e + 1]!) moved.push(edges[e + 2]!, threads[i + 1]!);
      }
    }
    const next = moved.length === 0 ? null : this.#close(moved);
    position.next[byte] = next;
    return next;
  }

  /** @param open `state, stack` pairs */
  #close(open: number[]): KnownPosition {
    const { bytes, calls, isEnd, jumps, starts } = this.#automaton;
    const seen = new Set<number>();
    const reading: number[] = [];
    let complete = false;
    const add = (state: number, stack: number) => {
      const key = stack * 0x400000 + state;
      if (seen.has(key)) return;
      seen.add(key);
      open.push(state, stack);
    };
    const given = open.splice(0);
    for (let i = 0; i < given.length; i += 2) add(given[i]!, given[i + 1]!);
    while (open.length > 0) {
      const stack = open.pop()!;
      const state = open.pop()!;
      if (seen.size > MAX_THREADS) {
        throw new GrammarError("too-complex", "it can be read in too many ways at once; make it less ambiguous");
      }
      if (bytes[state]!.length > 0) reading.push(stack * 0x400000 + state);
      for (const to of jumps[state]!) add(to, stack);
      const called = calls[state]!;
      for (let i = 0; i < called.length; i += 2) {
        const back = called[i + 1]!;
        const inner = this.#isTail[back] ? stack : this.#push(back, stack);
        if (inner !== undefined) add(starts[called[i]!]!, inner);
      }
      if (isEnd[state]) {
        if (stack === 0) complete = true;
        else add(this.#returns[stack]!, this.#parents[stack]!);
      }
    }
    reading.sort((a, b) => a - b);
    const key = `${complete ? "!" : ""}${reading.join(",")}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const threads = new Int32Array(reading.length * 2);
    reading.forEach((thread, i) => {
      threads[2 * i] = thread % 0x400000;
      threads[2 * i + 1] = Math.floor(thread / 0x400000);
    });
    const made = new KnownPosition(threads, complete);
    this.#made += 1;
    // Positions in use are held by those that use them; the others are made again when they are met again.
    if (this.#positions.size >= MAX_POSITIONS) this.#positions = new Map();
    this.#positions.set(key, made);
    return made;
  }

  /** @returns undefined past the depth that any text has */
  #push(back: number, parent: number): number | undefined {
    const key = parent * 0x400000 + back;
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    const depth = this.#depths[parent]! + 1;
    if (depth > MAX_DEPTH) return undefined;
    if (this.#stacks.size >= MAX_STACKS) throw new GrammarError("too-complex", "it nests in too many ways");
    const made = this.#returns.push(back) - 1;
    this.#parents.push(parent);
    this.#depths.push(depth);
    this.#stacks.set(key, made);
    return made;
  }
}

/** For each state whether it only ends its rule: no byte and no call can be reached from it by jumps. */
function tails({ bytes, calls, isEnd, jumps }: Automaton): boolean[] {
  const before: number[][] = bytes.map(() => []);
  for (const [state, targets] of jumps.entries()) for (const to of targets) before[to]!.push(state);
  const reach = (first: readonly boolean[]) => {
    const reached = first.slice();
    const open = reached.flatMap((yes, state) => (yes ? [state] : []));
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const one of before[state]!) {
        if (reached[one]) continue;
        reached[one] = true;
        open.push(one);
      }
    }
    return reached;
  };
  const goesOn = reach(bytes.map((edges, state) => edges.length > 0 || calls[state]!.length > 0));
  const ends = reach(isEnd);
  return ends.map((yes, state) => yes && !goesOn[state]);
}
