import type { ReactNode } from "react";
import { Badge } from "../../ui/badge.tsx";
import { formatCount, plural } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import type { Difference, Reconciliation } from "./types.ts";

interface Row {
  readonly name: string;
  readonly what: string;
  readonly requests: number | null;
  readonly tokens: number | null;
  readonly costMicroUsd: number | null;
  readonly state: ReactNode;
}

/** Every record of the chain, each beside what it holds and whether it agrees with the one before. */
export function ReconciliationChain({ found }: { readonly found: Reconciliation }) {
  const { differences, stages } = found;
  const has = (kind: Difference["kind"]) => differences.filter((one) => one.kind === kind).length;
  const state = (kind: Difference["kind"], isEmpty: string | false = false): ReactNode =>
    has(kind) > 0 ? (
      <Badge tone="bad">{plural(has(kind), "difference")}</Badge>
    ) : isEmpty ? (
      <span className="text-ink-3 text-xs">{isEmpty}</span>
    ) : (
      <Badge tone="good">agrees</Badge>
    );
  const rows: readonly Row[] = [
    {
      name: "Finished requests",
      what: "counted as each answer ended",
      ...stages.requests,
      state: has("hour") > 0 ? state("hour") : null,
    },
    { name: "Usage events", what: "one for each request", ...stages.events, state: state("hour") },
    {
      name: "Hourly sums",
      what: "what daily sums are made of, and budgets read",
      ...stages.rollups,
      state: state("hour"),
    },
    {
      name: "Daily sums",
      what: `${plural(found.days, "whole day")}, each beside its hours`,
      requests: null,
      tokens: null,
      costMicroUsd: null,
      state: state("day", found.days === 0 && "no day is over yet"),
    },
    {
      name: "Invoice lines",
      what: `${plural(found.invoiceLines, "line")} of final invoices, each beside its time's sums`,
      ...stages.invoiced,
      state: state("invoice", found.invoiceLines === 0 && "no final invoice in this time"),
    },
    {
      name: "Upstreams' bills",
      what: `${plural(found.billLines, "line")} that were imported, by day and model`,
      requests: null,
      tokens: null,
      costMicroUsd: null,
      state: state("upstream", found.billLines === 0 && "none imported"),
    },
  ];
  return (
    <ScrollRegion label="The records" className="overflow-x-auto focus-ring">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="h-9 border-line border-b text-ink-3 text-xs [&>th]:whitespace-nowrap [&>th]:px-4 [&>th]:font-medium">
            <th scope="col">Record</th>
            <th scope="col" className="text-right">
              Requests
            </th>
            <th scope="col" className="text-right">
              Tokens
            </th>
            <th scope="col" className="text-right">
              Cost
            </th>
            <th scope="col">With the one before</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ costMicroUsd, name, requests, state: shown, tokens, what }) => (
            <tr key={name} className="border-line border-b last:border-b-0 [&>*]:px-4 [&>*]:py-2.5">
              <th scope="row" className="min-w-44 font-normal">
                <span className="block font-medium">{name}</span>
                <span className="block text-ink-3 text-xs">{what}</span>
              </th>
              <td className="text-right">{requests === null ? "" : formatCount(requests)}</td>
              <td className="text-right">{tokens === null ? "" : formatCount(tokens)}</td>
              <td className="text-right">{costMicroUsd === null ? "" : money(costMicroUsd)}</td>
              <td className="whitespace-nowrap">{shown}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
