"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { ButtonLink } from "../../ui/button.tsx";
import { compact, duration, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Stat } from "../../ui/stat.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";

const dayMs = 86_400_000;

/** What today was used and cost, for whoever may see it. */
export function TodayFigures() {
  const { may } = useSession();
  const trpc = useTRPC();
  const today = new Date(Math.floor(Date.now() / dayMs) * dayMs).toISOString();
  const { data, error } = useQuery(
    trpc.usage.query.queryOptions({ from: today }, { enabled: may("usage:read"), refetchInterval: 10_000 }),
  );
  if (!may("usage:read") || error) return null;
  const ttft = data?.latency.ttft;
  return (
    <Panel
      title="Today"
      note="since midnight, UTC"
      padded={false}
      actions={
        <ButtonLink href="/usage?range=24h" kind="quiet" size="sm">
          Usage and cost <ArrowRight />
        </ButtonLink>
      }
    >
      <dl className="grid grid-cols-2 lg:grid-cols-4 [&>*]:p-4 max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l [&>*]:border-line">
        <Stat label="Cost" figure={data && { value: money(data.costMicroUsd) }} note={data && mostOf(data.by)} />
        <Stat
          label="Requests today"
          figure={data && compact(data.requests)}
          note={data && (data.failed === 0 ? "none failed" : `${data.failed} failed`)}
        />
        <Stat
          label="Tokens today"
          figure={data && compact(data.inputTokens + data.outputTokens)}
          note={data && `${written(compact(data.outputTokens))} of them written`}
        />
        <Stat
          label="First token, today"
          figure={data && (ttft ? duration(ttft.p50) : null)}
          note={ttft ? `median; 95 % within ${written(duration(ttft.p95))}` : data && "nothing was measured"}
        />
      </dl>
    </Panel>
  );
}

function mostOf(groups: readonly { readonly name: string; readonly costMicroUsd: number }[]): string | undefined {
  const [first] = groups;
  return first === undefined
    ? "nothing was asked"
    : first.costMicroUsd === 0
      ? "at no cost"
      : `most of it ${first.name}`;
}
