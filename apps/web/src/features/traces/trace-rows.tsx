"use client";

import { ThumbsDown, ThumbsUp } from "lucide-react";
import Link from "next/link";
import { Status } from "../../ui/badge.tsx";
import { duration, formatCount, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { askedBy, statusWords } from "./trace-words.ts";
import type { Trace } from "./types.ts";

export interface TraceRowsProps {
  readonly traces: readonly Trace[];
  readonly chosen: readonly string[];
  readonly onChoose: (id: string, isChosen: boolean) => void;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The newest first. On a narrow screen a row keeps what one looks for: when, what, how it went, how long. */
export function TraceRows({ chosen, onChoose, traces }: TraceRowsProps) {
  return (
    <ScrollRegion label="Requests" className="overflow-x-auto focus-ring">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="h-9 border-line border-b text-ink-3 text-xs [&>th]:whitespace-nowrap [&>th]:px-3 [&>th]:font-medium">
            <th scope="col" className="w-8 max-sm:hidden">
              <span className="sr-only">Compare</span>
            </th>
            <th scope="col">When</th>
            <th scope="col">Asked</th>
            <th scope="col" className="max-md:hidden">
              Model
            </th>
            <th scope="col" className="text-right max-lg:hidden">
              Tokens
            </th>
            <th scope="col" className="text-right max-lg:hidden">
              First token
            </th>
            <th scope="col" className="text-right">
              Took
            </th>
            <th scope="col" className="text-right max-md:hidden">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <Row key={trace.id} trace={trace} isChosen={chosen.includes(trace.id)} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

interface RowProps {
  readonly trace: Trace;
  readonly isChosen: boolean;
  readonly onChoose: (id: string, isChosen: boolean) => void;
}

function Row({ isChosen, onChoose, trace }: RowProps) {
  const { word, tone } = statusWords[trace.status];
  const at = new Date(trace.at);
  const asked = trace.preview ?? (trace.error ? trace.error : "not kept");
  return (
    <tr className="border-line border-b transition-colors last:border-b-0 hover:bg-hover [&>td]:px-3 [&>td]:py-2">
      <td className="max-sm:hidden">
        <input
          type="checkbox"
          aria-label={`Compare the request of ${clock.format(at)}`}
          checked={isChosen}
          onChange={(event) => onChoose(trace.id, event.currentTarget.checked)}
          className="size-3.5 accent-accent focus-ring"
        />
      </td>
      <td className="whitespace-nowrap">
        <Link href={`/traces/${trace.id}`} className="rounded-xs font-medium focus-ring hover:underline">
          {clock.format(at)}
        </Link>
        <span className="block text-ink-3 text-xs">{day.format(at)}</span>
      </td>
      <td className="w-full max-w-0">
        <span className={trace.preview === null ? "block truncate text-ink-3" : "block truncate"} title={asked}>
          {asked}
        </span>
        <span className="flex min-w-0 items-center gap-2 text-ink-3 text-xs">
          <Status tone={tone}>{word}</Status>
          <span className="truncate">{askedBy(trace)}</span>
          {trace.thumbs === null ? null : trace.thumbs >= 0 ? (
            <ThumbsUp aria-label="Liked" className="size-3 shrink-0 text-good" />
          ) : (
            <ThumbsDown aria-label="Disliked" className="size-3 shrink-0 text-bad" />
          )}
        </span>
      </td>
      <td className="max-w-48 max-md:hidden">
        <span className="block truncate">{trace.model || "–"}</span>
        {trace.target !== "" && trace.target !== trace.model ? (
          <span className="block truncate text-ink-3 text-xs">{trace.target}</span>
        ) : null}
      </td>
      <td className="whitespace-nowrap text-right max-lg:hidden">
        {formatCount(trace.inputTokens)} → {formatCount(trace.outputTokens)}
        {trace.cachedTokens > 0 ? (
          <span className="block text-ink-3 text-xs">{formatCount(trace.cachedTokens)} cached</span>
        ) : null}
      </td>
      <td className="whitespace-nowrap text-right max-lg:hidden">
        {trace.ttftMs === null ? <span className="text-ink-3">–</span> : written(duration(trace.ttftMs))}
      </td>
      <td className="whitespace-nowrap text-right">{written(duration(trace.durationMs))}</td>
      <td className="whitespace-nowrap text-right max-md:hidden">
        {trace.costMicroUsd === 0 ? <span className="text-ink-3">–</span> : money(trace.costMicroUsd)}
      </td>
    </tr>
  );
}
