"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useAddressQuery } from "../service/use-address-query.ts";
import { SettingsNav } from "../settings/settings-nav.tsx";
import { ranges, spanOf } from "../usage/ranges.ts";
import { ReconciliationChain } from "./reconciliation-chain.tsx";
import { between, inAWord, nextStep } from "./reconciliation-words.ts";
import type { Difference } from "./types.ts";

/** Whether requests, events, sums, invoices and upstreams' bills say the same, and where they do not. */
export function ReconciliationPage() {
  const { may } = useSession();
  const allowed = may("billing:read");
  const [query, choose] = useAddressQuery("/settings/billing/reconciliation");
  const range = ranges.find(({ id }) => id === new URLSearchParams(query).get("range"))?.id ?? "30d";
  const words = ranges.find(({ id }) => id === range)?.words;
  const trpc = useTRPC();
  const { data, error, isFetching, refetch } = useQuery(
    trpc.usage.reconcile.queryOptions(spanOf(range, Date.now()), {
      enabled: allowed,
      placeholderData: keepPreviousData,
    }),
  );
  const kinds = [...new Set(data?.differences.map(({ kind }) => kind))];
  return (
    <Page
      name="Reconciliation"
      answer={data ? inAWord(data.differences.length) : "Do all records of what was used say the same?"}
      note="Each record is counted by itself, hour by hour. A missing or changed row shows here."
      actions={<ButtonLink href="/settings/billing">Prices, budgets and invoices</ButtonLink>}
    >
      <SettingsNav />
      {allowed ? null : (
        <Notice tone="warn" hint="Owners, admins and the billing role do; ask one of them.">
          Your role may not see the reconciliation.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {allowed ? (
        <>
          <div className="flex flex-wrap items-end gap-3">
            <Field label="Time">
              {(control) => (
                <Select
                  {...control}
                  value={range}
                  onChange={(event) => choose(new URLSearchParams({ range: event.currentTarget.value }).toString())}
                >
                  {ranges.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Button disabled={isFetching} onClick={() => void refetch()}>
              {isFetching ? "Comparing" : "Compare again"}
            </Button>
          </div>
          <Panel title="The records" note={words} padded={false}>
            {data ? <ReconciliationChain found={data} /> : <Skeleton className="m-4 h-40" />}
          </Panel>
          {data && data.differences.length > 0 ? (
            <Panel title="Differences" padded={false}>
              <ul className="grid gap-1 px-4 py-3 text-ink-2 text-xs">
                {kinds.map((kind) => (
                  <li key={kind}>
                    <span className="font-medium text-ink">{between[kind]}:</span> {nextStep[kind]}
                  </li>
                ))}
              </ul>
              <DataTable
                label="Differences"
                rows={data.differences}
                columns={columns}
                rowKey={({ kind, says, where }) => `${kind} ${where} ${says}`}
                empty={null}
              />
            </Panel>
          ) : null}
          <Panel title="The same from a terminal">
            <CodeBlock what="The reconciliation from a terminal" code="npx tug reconcile --json" />
          </Panel>
        </>
      ) : null}
    </Page>
  );
}

const columns: readonly Column<Difference>[] = [
  {
    id: "where",
    header: "Where",
    value: ({ where }) => where,
    cell: ({ where }) => <span className="whitespace-nowrap font-medium">{where}</span>,
  },
  {
    id: "says",
    header: "What each says",
    value: ({ says }) => says,
    cell: ({ says }) => <span className="block min-w-56">{says}</span>,
  },
  {
    id: "between",
    header: "Between",
    wide: true,
    value: ({ kind }) => between[kind],
    cell: ({ kind }) => <Badge tone="bad">{between[kind]}</Badge>,
  },
  {
    id: "tokens",
    header: "Tokens off",
    numeric: true,
    value: ({ tokens }) => tokens,
    cell: ({ tokens }) => formatCount(tokens),
  },
];
