import type { PriceBookInfo, PriceEntry } from "@tugboat/db";

/** What a request used. */
export interface Priceable {
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Microseconds in which the machine computed it; null where nobody knows. */
  readonly computeUs: number | null;
}

/** Pico-dollars. The parts sum to the total exactly. */
export interface Priced {
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly output: bigint;
  readonly compute: bigint;
  readonly margin: bigint;
  readonly total: bigint;
}

export const free: Priced = { input: 0n, cachedInput: 0n, output: 0n, compute: 0n, margin: 0n, total: 0n };

const microsecondsOfHour = 3_600_000_000n;

/**
 * What a request costs: whole pico-dollars, in integers alone. Tokens are exact; the two quotients, time and margin, are
 * rounded half up to a pico-dollar each.
 */
export function price(used: Priceable, entry: PriceEntry): Priced {
  const cached = Math.min(used.cachedTokens, used.inputTokens);
  const input = BigInt(used.inputTokens - cached) * BigInt(entry.input);
  const cachedInput = BigInt(cached) * BigInt(entry.cachedInput);
  const output = BigInt(used.outputTokens) * BigInt(entry.output);
  // Micro-dollars an hour × 10⁶ are pico-dollars an hour.
  const compute = rounded(BigInt(used.computeUs ?? 0) * BigInt(entry.perHour) * 1_000_000n, microsecondsOfHour);
  const base = input + cachedInput + output + compute;
  const margin = rounded(base * BigInt(entry.marginBasisPoints), 10_000n);
  return { input, cachedInput, output, compute, margin, total: base + margin };
}

/** What a request of a batch costs, of what it would have cost at once: half, rounded half up to a pico-dollar. */
export function batchPrice(total: bigint): bigint {
  return rounded(total, 2n);
}

function rounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

/**
 * The version in force at a moment: of those that had begun, the one that began last; of two that began together, the
 * newer.
 */
export function versionAt<T extends Pick<PriceBookInfo, "effectiveFrom" | "version">>(
  versions: readonly T[],
  at: Date,
): T | undefined {
  let best: T | undefined;
  for (const one of versions) {
    if (one.effectiveFrom > at) continue;
    const later =
      best === undefined ||
      one.effectiveFrom > best.effectiveFrom ||
      (one.effectiveFrom.getTime() === best.effectiveFrom.getTime() && one.version > best.version);
    if (later) best = one;
  }
  return best;
}

/** The entry for what was asked for, else for what served it, else for everything. */
export function entryFor(entries: readonly PriceEntry[], model: string, target: string): PriceEntry | undefined {
  const named = (name: string) => entries.find((entry) => entry.target === name);
  return named(model) ?? named(target) ?? named("*");
}
