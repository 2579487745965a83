"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useEffect } from "react";
import { Panel } from "../../ui/panel.tsx";
import { useTRPC } from "../service/trpc.tsx";

const names = {
  traces: "Traces",
  review: "Review",
  dataset: "Dataset",
  tune: "Tune",
  evaluate: "Evaluate",
  ship: "Ship",
} as const;

/** The way on which a task gets better, and what waits at each station. */
export function Loop({
  task,
  state,
}: {
  readonly task: string /** Changes when the stations may say something else. */;
  readonly state: string;
}) {
  const trpc = useTRPC();
  const { data: found, refetch } = useQuery(trpc.evaluations.loop.queryOptions({ task }, { refetchInterval: 20_000 }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is asked again because the state is another one.
  useEffect(() => void refetch(), [refetch, state]);
  if (found === undefined) return null;
  return (
    <Panel title="The way to better answers" note="and then from the start">
      <ol className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-6">
        {found.stations.map(({ href, says, station, waits }, index) => (
          <li key={station} className="flex min-w-0 items-center gap-1">
            <Link
              href={href}
              className="grid min-w-0 grow gap-0.5 rounded-md border border-line px-3 py-2 focus-ring hover:bg-hover"
            >
              <span className="font-medium">{names[station]}</span>
              <span className={waits > 0 ? "text-accent text-xs" : "text-ink-3 text-xs"}>{says}</span>
            </Link>
            {index < found.stations.length - 1 ? (
              <ChevronRight aria-hidden className="hidden size-3.5 shrink-0 text-ink-3 lg:block" />
            ) : null}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
