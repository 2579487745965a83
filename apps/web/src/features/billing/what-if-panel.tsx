"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Field, Input, Select } from "../../ui/field.tsx";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { emptyDraft, priceOf } from "./price-draft.ts";
import type { Price, Prices } from "./types.ts";

const ownPrice = "";

/** What this month would cost if everything were answered at one price: of the price book, or as somebody publishes it. */
export function WhatIfPanel({ prices }: { readonly prices: Prices | undefined }) {
  const known = prices?.versions.find(({ version }) => version === prices.inForce)?.prices ?? [];
  const [like, setLike] = useState(ownPrice);
  const [draft, setDraft] = useState({ ...emptyDraft("what-if"), target: "*" });
  const of = known.find(({ target }) => target === like);
  const isTyped = draft.input.trim() !== "" || draft.output.trim() !== "";
  const own = isTyped ? priceOf(draft) : undefined;
  const price = of ? { ...of, target: "*" } : typeof own === "string" ? undefined : own;
  return (
    <Panel title="What would this month cost with …" note="everything at one price per million tokens">
      <div className="grid gap-4">
        <div className="grid gap-3 sm:grid-cols-4">
          <Field label="Priced as">
            {(control) => (
              <Select
                {...control}
                value={of ? like : ownPrice}
                onChange={(event) => setLike(event.currentTarget.value)}
              >
                <option value={ownPrice}>a price that I type</option>
                {known.map(({ target }) => (
                  <option key={target} value={target}>
                    {target === "*" ? "everything else (*)" : target}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {of
            ? null
            : (["input", "cachedInput", "output"] as const).map((field) => (
                <Field key={field} label={names[field]}>
                  {(control) => (
                    <Input
                      {...control}
                      inputMode="decimal"
                      autoComplete="off"
                      value={draft[field]}
                      onChange={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })}
                    />
                  )}
                </Field>
              ))}
        </div>
        {typeof own === "string" && !of ? <p className="text-bad text-xs">{own.replace(/^\*: /, "")}</p> : null}
        <Outcome price={price} />
      </div>
    </Panel>
  );
}

const names = { input: "Input, $ / M", cachedInput: "Cached, $ / M", output: "Output, $ / M" } as const;

function Outcome({ price }: { readonly price: Price | undefined }) {
  const trpc = useTRPC();
  const settled = useDeferredValue(price === undefined ? undefined : JSON.stringify([price]));
  const { data } = useQuery(
    trpc.billing.wouldCost.queryOptions(
      { prices: settled ?? "[]", days: 30 },
      { enabled: settled !== undefined, placeholderData: keepPreviousData, staleTime: 60_000 },
    ),
  );
  const now = useQuery(trpc.billing.month.queryOptions());
  if (price === undefined || data === undefined || now.data === undefined) {
    return (
      <p className="text-ink-2">
        Type what another provider asks, or choose a price of the book: the month's tokens are priced by it, exactly.
      </p>
    );
  }
  const { month } = data;
  const hasForecast = month.days >= 3;
  const would = hasForecast ? month.expectedMicroUsd : month.spentMicroUsd;
  const is = hasForecast ? now.data.expectedMicroUsd : now.data.spentMicroUsd;
  return (
    <div className="grid gap-1" aria-live="polite">
      <p className="font-medium">
        {hasForecast ? "This month would end at " : "This month would have cost "}
        <span title={`${would} micro-dollars`}>{money(would)}</span>
        {hasForecast ? ` (${money(month.lowMicroUsd)} to ${money(month.highMicroUsd)})` : " until now"}, instead of{" "}
        {money(is)}
        {is > 0 && would !== is
          ? `: ${Math.abs(Math.round((100 * (would - is)) / is))} % ${would > is ? "more" : "less"}`
          : ""}
        .
      </p>
      <p className="text-ink-2 text-xs">
        The last 30 days would have cost {money(data.wouldMicroUsd)}; they did cost {money(data.actualMicroUsd)}.
        {price.perHour > 0 ? " Its price by the hour is left out." : ""}
      </p>
    </div>
  );
}
