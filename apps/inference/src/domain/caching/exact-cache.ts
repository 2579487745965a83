import { createHash } from "node:crypto";

export interface ExactCacheLimits {
  /** Of all answers together, as they are counted by `put`. */
  readonly bytes: number;
  /** Of those of one organization: nobody pushes the others' out. */
  readonly bytesEach: number;
  /** An answer that is larger is not kept. */
  readonly largest: number;
}

export const exactCacheLimits: ExactCacheLimits = {
  bytes: 64 * 2 ** 20,
  bytesEach: 16 * 2 ** 20,
  largest: 2 ** 20,
};

interface Kept<T> {
  readonly organizationId: string;
  readonly value: T;
  readonly bytes: number;
  readonly until: number;
}

/**
 * Answers that were given before, by all that they depend on. In memory: it forgets when the process ends. What was used
 * the longest ago goes first, of the organization that has more than its share, else of all.
 */
export class ExactCache<T> {
  readonly #limits: ExactCacheLimits;
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept<T>>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(limits: ExactCacheLimits = exactCacheLimits) {
    this.#limits = limits;
  }

  get stats(): { readonly answers: number; readonly bytes: number; readonly hits: number; readonly misses: number } {
    return { answers: this.#kept.size, bytes: this.#bytes, hits: this.#hits, misses: this.#misses };
  }

  /** @param now in ms of any clock, the same for every call */
  get(key: string, now: number): T | undefined {
    const found = this.#kept.get(key);
    if (found !== undefined && found.until <= now) this.#drop(key, found);
    if (found === undefined || found.until <= now) {
      this.#misses += 1;
      return undefined;
    }
    this.#hits += 1;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** @param bytes what it takes, about */
  put(key: string, organizationId: string, value: T, bytes: number, until: number): void {
    if (bytes > this.#limits.largest) return;
    const before = this.#kept.get(key);
    if (before) this.#drop(key, before);
    this.#kept.set(key, { organizationId, value, bytes, until });
    this.#bytes += bytes;
    this.#bytesOf.set(organizationId, (this.#bytesOf.get(organizationId) ?? 0) + bytes);
    this.#shrink(organizationId);
  }

  #shrink(organizationId: string): void {
    for (const [key, kept] of this.#kept) {
      const isTooMuch = (this.#bytesOf.get(organizationId) ?? 0) > this.#limits.bytesEach;
      if (!isTooMuch && this.#bytes <= this.#limits.bytes) return;
      if (!isTooMuch || kept.organizationId === organizationId) this.#drop(key, kept);
    }
  }

  #drop(key: string, { bytes, organizationId }: Kept<T>): void {
    this.#kept.delete(key);
    this.#bytes -= bytes;
    const left = (this.#bytesOf.get(organizationId) ?? 0) - bytes;
    if (left > 0) this.#bytesOf.set(organizationId, left);
    else this.#bytesOf.delete(organizationId);
  }
}

/** A key of everything that an answer depends on, the organization among it. Fields in another order are the same. */
export function exactKey(parts: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(parts)))
    .digest("base64");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Map) return ["map", sorted([...value])];
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, sorted(part)]));
}
