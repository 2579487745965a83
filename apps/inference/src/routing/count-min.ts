import { hashText, score } from "./rendezvous.ts";

/** Weights grow by at most this before all counts are written anew: far from the end of a double. */
const mostDoublings = 256;

/**
 * How often keys came of late, in fixed memory: a count-min sketch (Cormode and Muthukrishnan 2005) with forward decay
 * (Cormode et al. 2009). An estimate is never below the truth, and above it by at most 2.72 ÷ `width` of the total, with a
 * probability of 1 − e^−`depth`.
 */
export class DecayedCounts {
  readonly #width: number;
  readonly #depth: number;
  readonly #halfLifeMs: number;
  readonly #cells: Float64Array;
  /** When a weight is 1. */
  #epoch: number | undefined;
  #total = 0;

  /** @param halfLifeMs after which what came counts half */
  constructor({ depth = 4, halfLifeMs, width = 1024 }: { depth?: number; halfLifeMs: number; width?: number }) {
    this.#width = width;
    this.#depth = depth;
    this.#halfLifeMs = halfLifeMs;
    this.#cells = new Float64Array(width * depth);
  }

  /** Counts a key. @param now in ms, never earlier than before. @returns its estimate */
  add(key: string, now: number): number {
    const weight = this.#weight(now);
    this.#total += weight;
    let least = Number.POSITIVE_INFINITY;
    for (const cell of this.#cellsOf(key)) {
      const count = (this.#cells[cell] ?? 0) + weight;
      this.#cells[cell] = count;
      least = Math.min(least, count);
    }
    return least / weight;
  }

  estimate(key: string, now: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const cell of this.#cellsOf(key)) least = Math.min(least, this.#cells[cell] ?? 0);
    return least / this.#weight(now);
  }

  /** Of all keys. */
  total(now: number): number {
    return this.#total / this.#weight(now);
  }

  #cellsOf(key: string): number[] {
    const hashed = hashText(key);
    return Array.from({ length: this.#depth }, (_, row) => row * this.#width + (score(hashed, row + 1) % this.#width));
  }

  #weight(now: number): number {
    this.#epoch ??= now;
    const doublings = (now - this.#epoch) / this.#halfLifeMs;
    if (doublings <= mostDoublings) return 2 ** doublings;
    const shrink = 2 ** -doublings;
    for (let i = 0; i < this.#cells.length; i++) this.#cells[i] = (this.#cells[i] ?? 0) * shrink;
    this.#total *= shrink;
    this.#epoch = now;
    return 1;
  }
}
