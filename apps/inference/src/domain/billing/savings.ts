import type { PriceBookInfo, PriceEntry, UsageTokens } from "@tugboat/db";
import { batchPrice, entryFor, price, versionAt } from "./price.ts";

/** What was not paid, in pico-dollars, and why. */
export interface Savings {
  /** Tokens that a cache had, at the price of those that it had not, less what they cost. */
  readonly caches: bigint;
  readonly cachedTokens: number;
  /** What batches would have cost at once, less what they cost. */
  readonly batches: bigint;
  /** What everything would have cost at the dearest price of the book, less what it cost. Null where there is no choice. */
  readonly models: { readonly reference: string; readonly saved: bigint } | null;
}

const dayMs = 86_400_000;

/**
 * What caches, batches and smaller models saved, by the version of the price book that was in force as each day ended.
 * Prices by the hour are left out: sums hold no times.
 */
export function savings(used: readonly UsageTokens[], books: readonly PriceBookInfo[], now: Date): Savings {
  let caches = 0n;
  let cachedTokens = 0;
  let batches = 0n;
  const reference = dearest(versionAt(books, now)?.prices ?? []);
  let atReference = 0n;
  let actual = 0n;
  for (const one of used) {
    const { cachedTokens: cached, day, inputTokens, kind, model, outputTokens, target } = one;
    const end = new Date(Math.min(now.getTime(), day.getTime() + dayMs - 1));
    const entry = entryFor(versionAt(books, end)?.prices ?? [], model, target);
    const tokens = { inputTokens, outputTokens, computeUs: null };
    const half = (amount: bigint) => (kind === "batch" ? batchPrice(amount) : amount);
    cachedTokens += cached;
    actual += one.amountPicoUsd;
    if (reference) atReference += half(price({ ...tokens, cachedTokens: cached }, reference).total);
    if (entry === undefined) continue;
    const whole = price({ ...tokens, cachedTokens: cached }, entry).total;
    caches += half(price({ ...tokens, cachedTokens: 0 }, entry).total - whole);
    if (kind === "batch") batches += whole - batchPrice(whole);
  }
  return {
    ...{ caches, cachedTokens, batches },
    models: reference && atReference > actual ? { reference: reference.target, saved: atReference - actual } : null,
  };
}

/** The entry that costs most for as much read as written; undefined where nothing costs anything or all cost the same. */
function dearest(entries: readonly PriceEntry[]): PriceEntry | undefined {
  const cost = ({ input, output }: PriceEntry) => input + output;
  const named = entries.filter(({ target }) => target !== "*");
  const [first] = [...named].sort((a, b) => cost(b) - cost(a));
  return first && entries.some((one) => cost(one) < cost(first)) ? first : undefined;
}
