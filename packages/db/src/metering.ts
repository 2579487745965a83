import type { Pool } from "pg";
import { allBudgets, type BudgetState } from "./billing/budgets.ts";
import { type PriceBookInfo, priceBooks } from "./billing/price-books.ts";
import { type Watcher, watchChannel } from "./channel.ts";
import type { Db } from "./client.ts";
import type { UsageEvent } from "./usage/event.ts";
import { type FoldEvents, type Ingested, ingestEvents } from "./usage/ingest.ts";
import { compactHours, type FoldHours, foldDays, recomputeHours } from "./usage/rerun.ts";

/** What metering works with, over all organizations. */
export interface MeteringStore {
  /**
   * Writes events with their sums, all or nothing. Those that are there already change nothing.
   * @throws whatever the driver throws; nothing was written then
   */
  ingest(events: readonly UsageEvent[], fold: FoldEvents): Promise<Ingested>;
  /** Every budget, with what was used of it in its day or month. */
  budgets(): Promise<BudgetState[]>;
  /** Every version of every price book, the newest first. */
  priceBooks(): Promise<PriceBookInfo[]>;
  /** @returns how many rows became fewer */
  compact(fold: FoldHours, moreThan: number): Promise<number>;
  /** Makes the daily sums of days that ended before a moment and changed since. @returns how many days */
  foldDays(fold: FoldHours, before: Date): Promise<number>;
  /** Makes the sums of whole hours anew from their events. */
  recompute(organizationId: string, range: { readonly from: Date; readonly to: Date }, fold: FoldEvents): Promise<void>;
  /** Tells `budget` or `price_book` when one changed, on a connection of its own, until the database is closed. */
  watch(watcher: Watcher): void;
}

export function meteringStore(
  pool: Pool,
  db: Db,
  url: string,
  onWatch: (stop: () => Promise<void>) => void,
): MeteringStore {
  const knownDays = new Set<string>();
  return {
    ingest: (events, fold) => ingestEvents(pool, events, fold, knownDays),
    budgets: () => allBudgets(pool),
    priceBooks: () => priceBooks(db),
    compact: (fold, moreThan) => compactHours(pool, fold, moreThan),
    foldDays: (fold, before) => foldDays(pool, fold, before),
    recompute: (organizationId, range, fold) => recomputeHours(pool, organizationId, range, fold),
    watch: (watcher) => onWatch(watchChannel(url, "tugboat_billing", watcher)),
  };
}
