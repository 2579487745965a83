import { askAnewProbability, type Verified } from "./trust.ts";

export interface SemanticCacheLimits {
  /** Kept questions of one scope; the one unused the longest goes first. */
  readonly questions: number;
  /** Of all scopes together. */
  readonly scopes: number;
  /** What is remembered of verified answers, per kept question. */
  readonly verified: number;
}

const usual: SemanticCacheLimits = { questions: 2000, scopes: 500, verified: 256 };

/** Of the questions that could be answered from memory, so many are asked anew all the same, to measure the error. */
const checkedShare = 0.05;

interface Entry<T> {
  readonly vector: Float32Array;
  readonly value: T;
  readonly text: string;
  readonly verified: Verified[];
}

export interface SemanticStats {
  readonly questions: number;
  readonly hits: number;
  /** Of the hits, how many are expected to be wrong at most, as the bounds had it. */
  readonly expectedWrong: number;
  /** Questions that would have been hits but were asked anew, and how many of those got another answer. */
  readonly checked: number;
  readonly wrong: number;
}

/** What to do with a question. */
export interface Look<T> {
  /** Present: answer with it. */
  readonly hit?: T;
  /** Tells what the answer was, when it was asked anew. */
  learn(text: string, value: T): void;
}

/**
 * Answers to questions that mean the same, with a bound on the error that the user states: see `askAnewProbability`. "Wrong"
 * is an answer that differs from what would have been said, blanks and capitals aside. In memory, per process.
 */
export class SemanticCache<T> {
  readonly #limits: SemanticCacheLimits;
  readonly #random: () => number;
  /** Least recently used first, as the entries of each. */
  readonly #scopes = new Map<string, Set<Entry<T>>>();
  readonly #stats = new Map<string, { -readonly [K in keyof SemanticStats]: number }>();

  constructor(random: () => number = Math.random, limits: SemanticCacheLimits = usual) {
    this.#limits = limits;
    this.#random = random;
  }

  /**
   * @param scope all that an answer depends on but the question's words
   * @param subject under whose name it is counted
   * @param vector of length 1
   */
  look(scope: string, subject: string, vector: Float32Array, maxError: number): Look<T> {
    const entries = this.#entriesOf(scope);
    const stats = this.#statsOf(subject);
    stats.questions += 1;
    const near = nearest(entries, vector);
    const anew = near ? askAnewProbability(near.entry.verified, near.similarity, maxError) : 1;
    const drawn = this.#random();
    const wouldHit = near !== undefined && drawn >= anew;
    const isChecked = wouldHit && this.#random() < checkedShare;
    if (near && wouldHit && !isChecked) {
      entries.delete(near.entry);
      entries.add(near.entry);
      stats.hits += 1;
      // Asking anew with probability `anew` was what held the bound: the rest may be wrong as often as that leaves.
      stats.expectedWrong += Math.min(1, maxError / (1 - anew));
      return { hit: near.entry.value, learn: () => {} };
    }
    return {
      learn: (text, value) => {
        const same = near !== undefined && plain(near.entry.text) === plain(text);
        if (near) {
          near.entry.verified.push({ similarity: near.similarity, same });
          if (near.entry.verified.length > this.#limits.verified) near.entry.verified.shift();
        }
        if (isChecked) {
          stats.checked += 1;
          if (!same) stats.wrong += 1;
        }
        if (!same) this.#keep(entries, { vector, value, text, verified: [] });
      },
    };
  }

  stats(subject: string): SemanticStats {
    return { ...this.#statsOf(subject) };
  }

  #keep(entries: Set<Entry<T>>, entry: Entry<T>): void {
    entries.add(entry);
    for (const oldest of entries) {
      if (entries.size <= this.#limits.questions) break;
      entries.delete(oldest);
    }
  }

  #entriesOf(scope: string): Set<Entry<T>> {
    const known = this.#scopes.get(scope) ?? new Set();
    this.#scopes.delete(scope);
    this.#scopes.set(scope, known);
    for (const oldest of this.#scopes.keys()) {
      if (this.#scopes.size <= this.#limits.scopes) break;
      this.#scopes.delete(oldest);
    }
    return known;
  }

  #statsOf(subject: string) {
    let stats = this.#stats.get(subject);
    if (stats === undefined) {
      stats = { questions: 0, hits: 0, expectedWrong: 0, checked: 0, wrong: 0 };
      this.#stats.set(subject, stats);
    }
    return stats;
  }
}

function nearest<T>(
  entries: Iterable<Entry<T>>,
  vector: Float32Array,
): { readonly entry: Entry<T>; readonly similarity: number } | undefined {
  let best: { entry: Entry<T>; similarity: number } | undefined;
  for (const entry of entries) {
    if (entry.vector.length !== vector.length) continue;
    let similarity = 0;
    for (let i = 0; i < vector.length; i++) similarity += vector[i]! * entry.vector[i]!;
    if (best === undefined || similarity > best.similarity) best = { entry, similarity };
  }
  return best;
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}
