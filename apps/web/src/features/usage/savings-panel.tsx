"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { compact, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Stat } from "../../ui/stat.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { type RangeId, spanOf } from "./ranges.ts";

/** What was not paid in this time, and why not. */
export function SavingsPanel({ range }: { readonly range: RangeId }) {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.usage.savings.queryOptions(spanOf(range, Date.now()), { placeholderData: keepPreviousData }),
  );
  const figure = (microUsd: number | undefined) => (microUsd === undefined ? undefined : { value: money(microUsd) });
  return (
    <Panel title="Saved" note="by the prices that were in force">
      <dl className="grid grid-cols-1 gap-6 sm:grid-cols-3">
        <Stat
          label="By caches"
          figure={figure(data?.cachesMicroUsd)}
          note={
            data &&
            (data.cachedTokens === 0
              ? "nothing of what was asked had been read before"
              : `${written(compact(data.cachedTokens))} tokens were read before${data.cachesMicroUsd === 0 ? "; they have no lower price" : ""}`)
          }
        />
        <Stat
          label="By batches"
          figure={figure(data?.batchesMicroUsd)}
          note={data && (data.batchesMicroUsd === 0 ? "what can wait costs half as a batch" : "they cost half")}
        />
        <Stat
          label="By smaller models"
          figure={data === undefined ? undefined : data.models === null ? null : figure(data.models.microUsd)}
          note={
            data &&
            (data.models === null
              ? "once a dearer model has a price beside those that answer"
              : `had ${data.models.reference} answered everything`)
          }
        />
      </dl>
    </Panel>
  );
}
