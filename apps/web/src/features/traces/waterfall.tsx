"use client";

import { useState } from "react";
import { cx } from "../../ui/class-names.ts";
import { duration, written } from "../../ui/format.ts";
import type { Span } from "./types.ts";
import { extent, waterfallRows } from "./waterfall-rows.ts";

const stepWords: Readonly<Record<string, string>> = {
  key: "Check the key",
  step: "Ask a model of the plan",
  route: "Find who answers",
  queue: "Wait for a turn",
  prefill: "Read the prompt",
  decode: "Write the answer",
  upstream: "Ask the upstream",
};

/** What happened when: each step as a bar on the request's time. A step opens to show what it told of itself. */
export function Waterfall({ spans }: { readonly spans: readonly Span[] }) {
  const [open, setOpen] = useState<string>();
  const { from, to } = extent(spans);
  const share = (ms: number) => `${(100 * ms) / (to - from)}%`;
  return (
    <ol aria-label="Steps" className="py-1">
      {waterfallRows(spans).map(({ depth, span }) => (
        <li key={span.id}>
          <button
            type="button"
            aria-expanded={open === span.id}
            onClick={() => setOpen(open === span.id ? undefined : span.id)}
            className="grid w-full grid-cols-[minmax(0,9rem)_minmax(0,1fr)_4.5rem] items-center gap-3 px-4 py-1.5 text-left transition-colors focus-ring hover:bg-hover sm:grid-cols-[minmax(0,15rem)_minmax(0,1fr)_5rem]"
          >
            <span className="truncate" style={{ paddingLeft: `${Math.min(depth, 6) * 12}px` }}>
              <span className={cx(depth === 0 && "font-medium", span.failed && "text-bad")}>
                {stepWords[span.name] ?? span.name}
              </span>
              {span.service === "tugboat" ? null : <span className="text-ink-3 text-xs"> {span.service}</span>}
            </span>
            <span className="relative h-4 rounded-xs bg-hover">
              <span
                className={cx("absolute inset-y-0 min-w-[2px] rounded-xs", barOf(span, depth))}
                style={{ left: share(span.startMs - from), width: share(span.durationMs) }}
              />
            </span>
            <span className="whitespace-nowrap text-right text-ink-2">{written(duration(span.durationMs))}</span>
          </button>
          {open === span.id ? <Attributes span={span} /> : null}
        </li>
      ))}
    </ol>
  );
}

function barOf({ failed, service }: Span, depth: number): string {
  if (failed) return "bg-bad";
  if (service !== "tugboat") return "bg-ink-3";
  return depth === 0 ? "bg-ink-3/50" : "bg-accent";
}

function Attributes({ span }: { readonly span: Span }) {
  const facts = [
    ["begins after", written(duration(Math.max(0, span.startMs)))],
    ["span", span.id],
    ...Object.entries(span.attributes).filter(([name]) => !name.startsWith("tugboat.tokens")),
  ];
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 border-line border-y bg-canvas px-4 py-2 font-mono text-xs">
      {facts.map(([name, value]) => (
        <div key={String(name)} className="contents">
          <dt className="text-ink-3">{String(name)}</dt>
          <dd className="min-w-0 break-words">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
