import type { PriceEntry, UsageTokens } from "@tugboat/db";
import { batchPrice, entryFor, price } from "./price.ts";

export interface Repriced {
  readonly actual: bigint;
  readonly would: bigint;
  /** The most expensive of now first. */
  readonly models: readonly {
    readonly model: string;
    readonly actual: bigint;
    readonly would: bigint;
    readonly priced: boolean;
  }[];
}

/**
 * What sums of usage would have cost by other prices, in pico-dollars. Tokens are exact; prices by the hour are left
 * out, and what is rounded is rounded once for each sum instead of once for each request.
 */
export function repriced(used: readonly Omit<UsageTokens, "day">[], entries: readonly PriceEntry[]): Repriced {
  const models = new Map<string, { actual: bigint; would: bigint; priced: boolean }>();
  for (const hour of used) {
    const entry = entryFor(entries, hour.model, hour.target);
    const { cachedTokens, inputTokens, outputTokens } = hour;
    const total =
      entry === undefined ? 0n : price({ cachedTokens, inputTokens, outputTokens, computeUs: null }, entry).total;
    const would = hour.kind === "batch" ? batchPrice(total) : total;
    const sum = models.get(hour.model) ?? { actual: 0n, would: 0n, priced: false };
    sum.actual += hour.amountPicoUsd;
    sum.would += would;
    sum.priced ||= entry !== undefined;
    models.set(hour.model, sum);
  }
  const all = [...models].map(([model, sum]) => ({ model, ...sum }));
  return {
    actual: all.reduce((sum, one) => sum + one.actual, 0n),
    would: all.reduce((sum, one) => sum + one.would, 0n),
    models: all.sort((a, b) => (a.actual < b.actual ? 1 : a.actual > b.actual ? -1 : a.model < b.model ? -1 : 1)),
  };
}
