"use client";

import { useQuery } from "@tanstack/react-query";
import { ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { inAWord } from "./reconciliation-words.ts";

/** Whether every record of what was used says the same, in a word. */
export function ReconciliationPanel() {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.usage.reconcile.queryOptions({}));
  return (
    <Panel
      title="Reconciliation"
      note="the last 30 days"
      actions={
        <ButtonLink size="sm" kind="quiet" href="/settings/billing/reconciliation">
          Every record
        </ButtonLink>
      }
    >
      {error ? <Notice tone="bad">{problemOf(error).message}</Notice> : null}
      {data === undefined && !error ? <Skeleton className="h-16" /> : null}
      {data ? (
        <div className="grid gap-4">
          <p className={cx("font-medium", data.differences.length === 0 ? "text-good" : "text-bad")}>
            {inAWord(data.differences.length)}
          </p>
          <Facts
            facts={[
              { name: "Finished requests", value: formatCount(data.requests) },
              { name: "Usage events", value: formatCount(data.events) },
              { name: "In the hourly sums", value: formatCount(data.rollups) },
              { name: "Invoiced", value: formatCount(data.invoiced) },
            ]}
          />
        </div>
      ) : null}
    </Panel>
  );
}
