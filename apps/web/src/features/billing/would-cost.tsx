"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { money } from "../../ui/money.ts";
import { useTRPC } from "../service/trpc.tsx";
import type { Price } from "./types.ts";

const days = 30;

/** What the last 30 days would have cost by these prices, beside what they did cost. */
export function WouldCost({ prices }: { readonly prices: readonly Price[] | undefined }) {
  const trpc = useTRPC();
  const settled = useDeferredValue(prices === undefined ? undefined : JSON.stringify(prices));
  const { data } = useQuery(
    trpc.billing.wouldCost.queryOptions(
      { prices: settled ?? "[]", days },
      { enabled: settled !== undefined, placeholderData: keepPreviousData, staleTime: 60_000 },
    ),
  );
  if (data === undefined || prices === undefined) return null;
  const free = data.by.filter(({ priced }) => !priced).map(({ model }) => model);
  return (
    <p className="text-ink-2 text-xs" aria-live="polite">
      By these prices the tokens of the last {days} days would have cost{" "}
      <span className="font-medium text-ink">{money(data.wouldMicroUsd)}</span>; they did cost{" "}
      {money(data.actualMicroUsd)}.
      {prices.some(({ perHour }) => perHour > 0) ? " Prices by the hour are left out." : ""}
      {free.length > 0 ? ` Nothing prices ${free.slice(0, 3).join(", ")}${free.length > 3 ? " and others" : ""}.` : ""}
    </p>
  );
}
