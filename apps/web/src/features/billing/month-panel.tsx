"use client";

import { useQuery } from "@tanstack/react-query";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Stat } from "../../ui/stat.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { useAlsoIn } from "./also-in.ts";

const freshMs = 10_000;

/** What this month has cost, and where it will end if it goes on as it does. */
export function MonthPanel() {
  const trpc = useTRPC();
  const alsoIn = useAlsoIn();
  const { data } = useQuery(trpc.billing.month.queryOptions(undefined, { refetchInterval: freshMs }));
  const figure = (microUsd: number | undefined) => (microUsd === undefined ? undefined : { value: money(microUsd) });
  const hasForecast = data !== undefined && data.days >= 3;
  return (
    <Panel title="This month" note={data ? `${data.month}, UTC` : undefined}>
      <dl className="grid grid-cols-1 gap-6 sm:grid-cols-3">
        <Stat label="Spent until now" figure={figure(data?.spentMicroUsd)} note={alsoIn(data?.spentMicroUsd)} />
        <Stat
          label="Expected at its end"
          figure={data === undefined ? undefined : hasForecast ? figure(data.expectedMicroUsd) : null}
          note={
            data === undefined
              ? undefined
              : hasForecast
                ? `${[alsoIn(data.expectedMicroUsd), "between"].filter(Boolean).join("; ")} ${money(data.lowMicroUsd)} and ${money(data.highMicroUsd)}, nine times of ten; from ${data.days} days`
                : "after three whole days of use"
          }
        />
        <Stat label="Last month" figure={figure(data?.lastMonthMicroUsd)} note={alsoIn(data?.lastMonthMicroUsd)} />
      </dl>
    </Panel>
  );
}
