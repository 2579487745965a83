"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { ButtonLink } from "../../ui/button.tsx";
import { duration, formatCount, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { TextDiff } from "../../ui/text-diff.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { answersOf, messagesOf, statusWords } from "./trace-words.ts";
import type { Trace, TraceDetail } from "./types.ts";
import { Waterfall } from "./waterfall.tsx";

/** Two requests side by side: figures, what was asked, what was answered, where the time went. */
export function ComparePage() {
  const { may } = useSession();
  const params = useSearchParams();
  const [a = "", b = ""] = [params.get("a"), params.get("b")].map((id) => id ?? "");
  const trpc = useTRPC();
  const enabled = may("traces:read");
  const left = useQuery(trpc.traces.get.queryOptions({ id: a }, { enabled: enabled && a !== "", retry: false }));
  const right = useQuery(trpc.traces.get.queryOptions({ id: b }, { enabled: enabled && b !== "", retry: false }));
  const error = left.error ?? right.error;
  return (
    <Page
      name="Traces"
      answer={
        left.data && right.data ? answer(left.data.trace, right.data.trace) : "What is different between the two?"
      }
      actions={<ButtonLink href="/traces">All traces</ButtonLink>}
    >
      {a === "" || b === "" ? (
        <Notice tone="warn" hint="Tick two of them in the list of traces.">
          Two requests are needed to compare.
        </Notice>
      ) : null}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {left.data && right.data ? (
        <Both left={left.data} right={right.data} />
      ) : error || a === "" || b === "" ? null : (
        <Skeleton className="h-64" />
      )}
    </Page>
  );
}

function Both({ left, right }: { readonly left: TraceDetail; readonly right: TraceDetail }) {
  const asked = [left, right].map(({ body }) =>
    messagesOf(body?.input)
      .map(({ role, text }) => `${role}: ${text}`)
      .join("\n"),
  );
  const said = [left, right].map(({ body }) =>
    answersOf(body?.output)
      .map(({ text }) => text)
      .join("\n"),
  );
  return (
    <>
      <Panel title="Figures" padded={false}>
        <ScrollRegion label="Figures of the two" className="overflow-x-auto focus-ring">
          <table className="w-full border-collapse text-left">
            <thead>
              <tr className="h-9 border-line border-b text-ink-3 text-xs [&>th]:px-4 [&>th]:font-medium">
                <th scope="col">
                  <span className="sr-only">Figure</span>
                </th>
                {[left, right].map(({ trace }, index) => (
                  <th key={trace.id} scope="col" className="text-right">
                    <Link href={`/traces/${trace.id}`} className="rounded-xs focus-ring hover:underline">
                      {index === 0 ? "First" : "Second"}
                    </Link>
                  </th>
                ))}
                <th scope="col" className="text-right">
                  Difference
                </th>
              </tr>
            </thead>
            <tbody>
              {rowsOf(left.trace, right.trace).map(({ difference, first, name, second }) => (
                <tr key={name} className="border-line border-b last:border-b-0 [&>td]:px-4 [&>td]:py-2">
                  <td className="text-ink-3">{name}</td>
                  <td className="text-right">{first}</td>
                  <td className="text-right">{second}</td>
                  <td className="text-right text-ink-2">{difference}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </Panel>
      <Panel title="What was asked" padded={false}>
        <TextDiff before={asked[0] ?? ""} after={asked[1] ?? ""} label="What was asked" />
      </Panel>
      <Panel title="What was answered" padded={false}>
        <TextDiff before={said[0] ?? ""} after={said[1] ?? ""} label="What was answered" />
      </Panel>
      <div className="grid gap-6 lg:grid-cols-2">
        <Panel title="Steps of the first" padded={false}>
          <Waterfall spans={left.spans} />
        </Panel>
        <Panel title="Steps of the second" padded={false}>
          <Waterfall spans={right.spans} />
        </Panel>
      </div>
    </>
  );
}

function rowsOf(a: Trace, b: Trace) {
  const number = (name: string, of: (trace: Trace) => number | null, words: (value: number) => string) => {
    const [first, second] = [of(a), of(b)];
    const difference =
      first === null || second === null
        ? ""
        : first === second
          ? "same"
          : `${second > first ? "+" : "−"}${words(Math.abs(second - first))}`;
    return {
      name,
      first: first === null ? "–" : words(first),
      second: second === null ? "–" : words(second),
      difference,
    };
  };
  const text = (name: string, of: (trace: Trace) => string) => ({
    name,
    first: of(a),
    second: of(b),
    difference: of(a) === of(b) ? "same" : "differs",
  });
  const time = (ms: number) => written(duration(ms));
  return [
    text("Status", (trace) => statusWords[trace.status].word),
    text("Asked for", (trace) => trace.model || "–"),
    text("Answered by", (trace) => trace.target || "–"),
    number("Took", ({ durationMs }) => durationMs, time),
    number("First token", ({ ttftMs }) => ttftMs, time),
    number("Prompt tokens", ({ inputTokens }) => inputTokens, formatCount),
    number("Cached tokens", ({ cachedTokens }) => cachedTokens, formatCount),
    number("Answer tokens", ({ outputTokens }) => outputTokens, formatCount),
    number("Cost", ({ costMicroUsd }) => costMicroUsd, money),
  ];
}

function answer(a: Trace, b: Trace): string {
  if (a.durationMs === 0 || b.durationMs === 0) return "Two requests side by side.";
  const ratio = b.durationMs / a.durationMs;
  if (ratio > 0.95 && ratio < 1.05) return "Both took about the same time.";
  const [faster, times] = ratio < 1 ? ["second", 1 / ratio] : ["first", ratio];
  return `The ${faster} was ${times.toFixed(1)} times as fast.`;
}
