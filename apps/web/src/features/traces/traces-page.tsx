"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { useMemo, useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { duration, plural, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ExamplesDialog } from "./examples-dialog.tsx";
import { FeedbackSnippet } from "./feedback-snippet.tsx";
import { narrowing, noFilters, readFilters, type TraceFilters, toQuery, writeFilters } from "./filters.ts";
import { PolicyPanel } from "./policy-panel.tsx";
import { TraceFilterForm } from "./trace-filters.tsx";
import { TraceRows } from "./trace-rows.tsx";
import type { Trace } from "./types.ts";

const perPage = 50;
const liveMs = 2_000;
const freshMs = 30_000;

export function TracesPage() {
  const { may } = useSession();
  const router = useRouter();
  const params = useSearchParams();
  const filters = readFilters(new URLSearchParams(params));
  const [live, setLive] = useState(true);
  const [isMaking, setMaking] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const minute = Math.floor(Date.now() / 60_000);
  const address = writeFilters(filters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filters are what the address says.
  const query = useMemo(() => toQuery(filters, minute * 60_000), [address, minute]);
  const trpc = useTRPC();
  const allowed = may("traces:read");
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData } = useInfiniteQuery(
    trpc.traces.list.infiniteQueryOptions(
      { ...query, limit: perPage },
      {
        enabled: allowed,
        getNextPageParam: ({ nextCursor }) => nextCursor,
        placeholderData: (previous) => previous,
        // Someone who reads older pages is not moved away from them.
        refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 0) <= 1 ? liveMs : freshMs),
      },
    ),
  );
  const traces = data?.pages.flatMap((page) => page.traces);
  const change = (next: TraceFilters) => window.history.replaceState(null, "", `/traces${writeFilters(next)}`);
  const narrowed = narrowing(filters) > 0;
  const choose = (id: string, isChosen: boolean) =>
    setChosen((before) =>
      isChosen ? [...before.filter((one) => one !== id), id].slice(-2) : before.filter((one) => one !== id),
    );
  return (
    <Page
      name="Traces"
      answer={answer(traces, narrowed, hasNextPage)}
      note="Every request with its steps, tokens and cost."
      actions={
        <>
          <Button aria-pressed={live} onClick={() => setLive(!live)}>
            <span
              aria-hidden
              className={cx("size-1.5 rounded-full", live ? "animate-pulse-soft bg-good" : "bg-ink-3")}
            />
            {live ? "Live" : "Paused"}
          </Button>
          {may("tuning:write") && traces && traces.length > 0 ? (
            <Button onClick={() => setMaking(true)}>Make examples</Button>
          ) : null}
          <Button
            disabled={chosen.length !== 2}
            onClick={() =>
              router.push(`/traces/compare?${new URLSearchParams(chosen.map((id, at) => ["ab".charAt(at), id]))}`)
            }
          >
            {chosen.length === 2 ? "Compare the two" : `Compare (${chosen.length} of 2)`}
          </Button>
        </>
      }
    >
      {isMaking ? <ExamplesDialog filter={query} onClose={() => setMaking(false)} /> : null}
      {allowed ? null : (
        <Notice tone="warn" hint="Owners, admins, developers and experts do; ask one of them.">
          Your role may not see requests.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {allowed ? (
        <>
          <Panel padded={false}>
            <TraceFilterForm filters={filters} onChange={change} />
            {traces === undefined && !error ? (
              <div className="grid gap-3 p-4">
                <Skeleton className="h-10" />
                <Skeleton className="h-10" />
                <Skeleton className="h-10" />
              </div>
            ) : null}
            {traces?.length === 0 ? (
              <EmptyState
                icon={Waypoints}
                title={narrowed ? "Nothing matches these filters" : "Nothing was asked in this time"}
                action={
                  narrowed ? (
                    <Button onClick={() => change({ ...noFilters, range: filters.range })}>Clear the filters</Button>
                  ) : (
                    <ButtonLink href="/playground" kind="primary">
                      Ask something
                    </ButtonLink>
                  )
                }
              >
                {narrowed
                  ? "Widen the time, or leave one filter out."
                  : "Each request leaves a trace here a moment after it ended: why it was slow, what it cost, what was said."}
              </EmptyState>
            ) : null}
            {traces && traces.length > 0 ? (
              <div className={cx(isPlaceholderData && "opacity-60")} aria-busy={isPlaceholderData}>
                <TraceRows traces={traces} chosen={chosen} onChoose={choose} />
              </div>
            ) : null}
            {hasNextPage ? (
              <div className="border-line border-t p-2 text-center">
                <Button kind="quiet" size="sm" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                  {isFetchingNextPage ? "Reading" : "Older"}
                </Button>
              </div>
            ) : null}
          </Panel>
          <FeedbackSnippet />
          <PolicyPanel />
        </>
      ) : null}
    </Page>
  );
}

function answer(traces: readonly Trace[] | undefined, narrowed: boolean, more: boolean): string {
  if (traces === undefined) return "What happened to each request?";
  if (traces.length === 0) return narrowed ? "No request matches." : "No request came.";
  const count = (wanted: Trace["status"]) => traces.filter(({ status }) => status === wanted).length;
  const bad = [
    { many: count("error"), word: "failed" },
    { many: count("refused"), word: "refused" },
  ].flatMap(({ many, word }) => (many > 0 ? [`${many} ${word}`] : []));
  const slowest = Math.max(...traces.map(({ durationMs }) => durationMs));
  const all = more ? `The newest ${traces.length} requests` : plural(traces.length, "request");
  return `${all}: ${bad.length === 0 ? "none failed" : bad.join(", ")}, the slowest took ${written(duration(slowest))}.`;
}
