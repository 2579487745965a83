"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { ChartNoAxesColumn } from "lucide-react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { saveFile } from "../billing/save-file.ts";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC, useTRPCClient } from "../service/trpc.tsx";
import { useAddressQuery } from "../service/use-address-query.ts";
import { ChangesPanel } from "./changes-panel.tsx";
import { ObjectivesPanel } from "./objectives-panel.tsx";
import { groupings, ranges, readView, spanOf } from "./ranges.ts";
import { SavingsPanel } from "./savings-panel.tsx";
import { UsageCharts } from "./usage-charts.tsx";
import { usageColumns } from "./usage-columns.tsx";
import { UsageFigures } from "./usage-figures.tsx";

export type UsageReport = inferRouterOutputs<AppRouter>["usage"]["query"];

const freshMs = 10_000;

export function UsagePage() {
  const { may } = useSession();
  const [query, choose] = useAddressQuery("/usage");
  const view = readView(new URLSearchParams(query));
  const trpc = useTRPC();
  const client = useTRPCClient();
  const { data, error, isPlaceholderData } = useQuery(
    trpc.usage.query.queryOptions(
      { ...spanOf(view.range, Date.now()), by: view.by },
      { enabled: may("usage:read"), refetchInterval: freshMs, placeholderData: keepPreviousData },
    ),
  );
  const { data: changed } = useQuery(
    trpc.usage.changes.queryOptions(spanOf(view.range, Date.now()), {
      enabled: may("usage:read"),
      placeholderData: keepPreviousData,
    }),
  );
  const range = ranges.find(({ id }) => id === view.range);
  const change = (part: Partial<typeof view>) => choose(new URLSearchParams({ ...view, ...part }).toString());
  const grouping = groupings.find(({ id }) => id === view.by);
  return (
    <Page
      name="Usage and cost"
      answer={answer(data, range?.words ?? "")}
      note="Whole hours, days by UTC. Percentiles are off by at most 1 %."
      actions={
        <>
          {may("usage:read")
            ? (["csv", "parquet"] as const).map((format) => (
                <Button
                  key={format}
                  title="By the hour, in the columns of FOCUS"
                  onClick={() =>
                    void client.usage.export
                      .query({ ...spanOf(view.range, Date.now()), format })
                      .then(saveFile, (cause: unknown) => toast({ tone: "bad", text: problemOf(cause).message }))
                  }
                >
                  {format === "csv" ? "Export CSV" : "Export Parquet"}
                </Button>
              ))
            : null}
          {may("billing:read") ? <ButtonLink href="/settings/billing">Prices and budgets</ButtonLink> : null}
        </>
      }
    >
      {may("usage:read") ? null : (
        <Notice tone="warn" hint="Ask an owner or an admin.">
          Your role may not see what is used.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {may("usage:read") ? (
        <>
          <div className="flex flex-wrap items-end gap-3">
            <Field label="Time">
              {(control) => (
                <Select
                  {...control}
                  value={view.range}
                  onChange={(event) =>
                    change(readView(new URLSearchParams({ ...view, range: event.currentTarget.value })))
                  }
                >
                  {ranges.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label="Group by">
              {(control) => (
                <Select
                  {...control}
                  value={view.by}
                  onChange={(event) =>
                    change(readView(new URLSearchParams({ ...view, by: event.currentTarget.value })))
                  }
                >
                  {groupings.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <div className={cx("grid gap-6", isPlaceholderData && "opacity-60")} aria-busy={isPlaceholderData}>
            <UsageFigures report={data} />
            {data?.requests === 0 ? (
              <Panel>
                <EmptyState
                  icon={ChartNoAxesColumn}
                  title={`Nothing was asked in ${range?.words ?? "this time"}`}
                  action={
                    <>
                      <ButtonLink href="/playground" kind="primary">
                        Open the playground
                      </ButtonLink>
                      {may("keys:read") ? <ButtonLink href="/keys">Make a key</ButtonLink> : null}
                    </>
                  }
                >
                  Every answer leaves its tokens, times and cost here, a moment after it ended.
                </EmptyState>
              </Panel>
            ) : (
              <>
                <UsageCharts report={data} changes={changed?.changes.map(({ at }) => Date.parse(at)) ?? []} />
                <SavingsPanel range={view.range} />
                {changed && changed.changes.length > 0 ? <ChangesPanel found={changed} /> : null}
                <Panel title={`By ${grouping?.name.toLowerCase() ?? "group"}`} padded={false}>
                  {data === undefined ? (
                    <div className="grid gap-3 p-4">
                      <Skeleton className="h-10" />
                      <Skeleton className="h-10" />
                    </div>
                  ) : (
                    <DataTable
                      label="Usage"
                      rows={data.by}
                      columns={usageColumns(grouping?.header ?? "Group", data.costMicroUsd)}
                      rowKey={({ id }) => id ?? ""}
                      empty={null}
                    />
                  )}
                </Panel>
              </>
            )}
          </div>
          <ObjectivesPanel />
        </>
      ) : null}
    </Page>
  );
}

function answer(report: UsageReport | undefined, words: string): string {
  if (report === undefined) return "What was used, and what it cost.";
  if (report.requests === 0) return `Nothing was used in ${words}.`;
  const [first] = report.by;
  const cost = report.costMicroUsd === 0 ? "At no cost" : money(report.costMicroUsd);
  const most =
    report.by.length > 1 && first && first.costMicroUsd > 0
      ? `, most of it ${first.name} (${money(first.costMicroUsd)})`
      : "";
  return `${cost} for ${plural(report.requests, "request")} in ${words}${most}.`;
}
