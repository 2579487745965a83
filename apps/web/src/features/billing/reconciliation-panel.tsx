"use client";

import { useQuery } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { formatCount, plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** Whether everything that finished was recorded, and everything that was recorded was summed up. */
export function ReconciliationPanel() {
  const trpc = useTRPC();
  const { data, error, isFetching, refetch } = useQuery(trpc.usage.reconcile.queryOptions({}));
  return (
    <Panel
      title="Reconciliation"
      note="the last 30 days"
      actions={
        <Button size="sm" kind="quiet" disabled={isFetching} onClick={() => void refetch()}>
          {isFetching ? "Comparing" : "Compare again"}
        </Button>
      }
    >
      {error ? <Notice tone="bad">{problemOf(error).message}</Notice> : null}
      {data === undefined && !error ? <Skeleton className="h-16" /> : null}
      {data ? (
        <div className="grid gap-4">
          <p className={cx("font-medium", data.differences.length === 0 ? "text-good" : "text-bad")}>
            {data.differences.length === 0
              ? "Everything that finished is recorded and summed up, once."
              : `${plural(data.differences.length, "hour")} ${data.differences.length === 1 ? "does" : "do"} not agree.`}
          </p>
          <Facts
            facts={[
              { name: "Finished requests", value: formatCount(data.requests) },
              { name: "Usage events", value: formatCount(data.events) },
              { name: "In the hourly sums", value: formatCount(data.rollups) },
              { name: "Invoiced", value: formatCount(data.invoiced) },
            ]}
          />
          {data.differences.length > 0 ? (
            <ul className="grid gap-1 text-xs">
              {data.differences.slice(0, 20).map((one) => (
                <li key={one.hour}>
                  <code className="font-mono">{one.hour.slice(0, 16).replace("T", " ")}</code>: {one.requests} finished,{" "}
                  {one.events} recorded, {one.rollups} summed up
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
    </Panel>
  );
}
