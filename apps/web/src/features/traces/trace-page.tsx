"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Status } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { duration, formatCount, plural, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import { ExampleDialog } from "./example-dialog.tsx";
import { FeedbackPanel } from "./feedback-panel.tsx";
import { Said } from "./said.tsx";
import { TokenChart, tokenMoments } from "./token-chart.tsx";
import { asCurl, askedBy, playgroundHref, statusWords, whereTimeWent } from "./trace-words.ts";
import type { TraceDetail } from "./types.ts";
import { Waterfall } from "./waterfall.tsx";

export function TracePage({ id }: { readonly id: string }) {
  const { may } = useSession();
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.traces.get.queryOptions({ id }, { enabled: may("traces:read"), retry: false }));
  return (
    <Page
      name="Trace"
      answer={data ? whereTimeWent(data) : error ? "This request is not here." : "What happened to this request?"}
      note={data ? (data.trace.preview ?? undefined) : undefined}
      actions={data ? <Actions detail={data} /> : <ButtonLink href="/traces">All traces</ButtonLink>}
    >
      {may("traces:read") ? null : <Notice tone="warn">Your role may not see requests.</Notice>}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {data === undefined && !error && may("traces:read") ? <Skeleton className="h-64" /> : null}
      {data ? <Detail detail={data} /> : null}
    </Page>
  );
}

function Actions({ detail }: { readonly detail: TraceDetail }) {
  const { body, trace } = detail;
  const [saving, setSaving] = useState(false);
  const { may } = useSession();
  const apiUrl = useOverview().data?.apiUrl ?? "";
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const remove = useMutation(
    trpc.traces.remove.mutationOptions({
      onSuccess: async () => {
        await client.invalidateQueries({ queryKey: trpc.traces.list.pathKey() });
        toast({ tone: "good", text: "The trace is deleted." });
        router.push("/traces");
      },
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  const canReplay = body !== null && trace.kind !== "embedding";
  return (
    <>
      <ButtonLink href="/traces">All traces</ButtonLink>
      {canReplay && may("inference:run") ? (
        <ButtonLink href={playgroundHref(trace, body.input)}>Open in playground</ButtonLink>
      ) : null}
      {body ? (
        <Button
          onClick={() =>
            void navigator.clipboard
              .writeText(asCurl(trace, body.input, `${apiUrl}/v1`))
              .then(() => toast({ tone: "good", text: "The request is copied as a curl command." }))
          }
        >
          Copy as curl
        </Button>
      ) : null}
      {canReplay && may("tuning:write") ? <Button onClick={() => setSaving(true)}>Save as example</Button> : null}
      {saving ? <ExampleDialog detail={detail} onClose={() => setSaving(false)} /> : null}
      {may("traces:write") ? (
        <Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate({ ids: [trace.id] })}>
          Delete
        </Button>
      ) : null}
    </>
  );
}

function Detail({ detail }: { readonly detail: TraceDetail }) {
  const { body, feedback, spans, trace, traceHex } = detail;
  return (
    <>
      <Panel title="Steps" note={plural(spans.length, "step")} padded={false}>
        {spans.length === 0 ? <p className="p-4 text-ink-2">No steps were kept.</p> : <Waterfall spans={spans} />}
      </Panel>
      <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] lg:items-start">
        <div className="grid min-w-0 gap-6">
          {tokenMoments(spans).length > 3 ? (
            <Panel title="Tokens over time">
              <TokenChart spans={spans} />
            </Panel>
          ) : null}
          <Panel
            title="What was said"
            note={body?.redacted ? "personal data is replaced" : undefined}
            padded={body === null}
          >
            {body === null ? (
              <p className="text-ink-2">
                The policy of its project keeps no text of this request, only figures and steps.
              </p>
            ) : (
              <Said body={body} />
            )}
          </Panel>
        </div>
        <div className="grid min-w-0 gap-6">
          <Panel title="Figures">
            <Facts facts={factsOf(detail)} />
          </Panel>
          <FeedbackPanel id={trace.id} feedback={feedback} />
          <Panel title="Ids">
            <Facts
              facts={[
                { name: "Trace", value: <Id text={trace.id} what="trace id" /> },
                { name: "Request", value: <Id text={trace.requestId} what="request id" /> },
                { name: "W3C trace", value: <Id text={traceHex} what="W3C trace id" /> },
              ]}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}

function Id({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="truncate font-mono text-xs">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

function factsOf({ trace }: TraceDetail) {
  const { tone, word } = statusWords[trace.status];
  const ms = (value: number | null) => (value === null ? "–" : written(duration(value)));
  return [
    { name: "Status", value: <Status tone={tone}>{`${word} (${trace.httpStatus})`}</Status> },
    ...(trace.error ? [{ name: "Error", value: <code className="font-mono text-xs">{trace.error}</code> }] : []),
    { name: "When", value: new Date(trace.at).toLocaleString("en-GB") },
    { name: "Asked for", value: trace.model || "–" },
    ...(trace.target ? [{ name: "Answered by", value: trace.target }] : []),
    ...(trace.alias ? [{ name: "Alias", value: trace.alias }] : []),
    { name: "By", value: askedBy(trace) },
    ...(trace.project ? [{ name: "Project", value: trace.project.name }] : []),
    { name: "Took", value: ms(trace.durationMs) },
    { name: "First token", value: ms(trace.ttftMs) },
    { name: "Waited", value: ms(trace.queueMs) },
    { name: "Prompt", value: tokens(trace.inputTokens, trace.cachedTokens) },
    { name: "Answer", value: plural(trace.outputTokens, "token") },
    { name: "Cost", value: trace.costMicroUsd === 0 ? "nothing" : money(trace.costMicroUsd) },
  ];
}

function tokens(input: number, cached: number): string {
  return cached === 0 ? plural(input, "token") : `${plural(input, "token")}, ${formatCount(cached)} of them cached`;
}
