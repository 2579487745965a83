"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { formatCount, plural } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

const shownAtMost = 60;

/** What upstreams bill, beside what was recorded of them. */
export function BillsPanel() {
  const { may } = useSession();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.billing.bills.queryOptions());
  const differing = data?.lines.filter(({ agrees }) => !agrees) ?? [];
  const shown = [...differing, ...(data?.lines.filter(({ agrees }) => agrees) ?? [])].slice(0, shownAtMost);
  return (
    <Panel title="Bills of upstreams" note="the last 90 days" padded={false}>
      {may("billing:write") && may("upstreams:read") ? <ImportForm /> : null}
      {data === undefined || data.lines.length === 0 ? (
        <p className="px-4 py-4 text-ink-2">
          Import what an upstream bills (a CSV with date, model, input_tokens, output_tokens and cost): every day and
          model is compared with what was recorded here.
        </p>
      ) : (
        <>
          <p className={differing.length === 0 ? "px-4 py-3 font-medium text-good" : "px-4 py-3 font-medium text-bad"}>
            {differing.length === 0
              ? `All ${plural(data.lines.length, "line")} agree with what was recorded.`
              : `${plural(differing.length, "line")} of ${data.lines.length} differ.`}
          </p>
          <ScrollRegion label="Bills of upstreams" className="overflow-x-auto focus-ring">
            <table className="w-full border-collapse text-left">
              <thead>
                <tr className="h-9 border-line border-y text-ink-3 text-xs [&>th]:whitespace-nowrap [&>th]:px-4 [&>th]:font-medium">
                  <th scope="col">Day</th>
                  <th scope="col">Model</th>
                  <th scope="col" className="text-right">
                    Tokens billed
                  </th>
                  <th scope="col" className="text-right">
                    Recorded
                  </th>
                  <th scope="col" className="text-right">
                    Billed
                  </th>
                  <th scope="col">
                    <span className="sr-only">Agrees</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((line) => (
                  <tr
                    key={`${line.day} ${line.upstream} ${line.model}`}
                    className="border-line border-b last:border-b-0 [&>td]:whitespace-nowrap [&>td]:px-4 [&>td]:py-2"
                  >
                    <td>{line.day}</td>
                    <td>
                      {line.upstream}/{line.model}
                    </td>
                    <td className="text-right">{line.billedTokens === null ? "–" : formatCount(line.billedTokens)}</td>
                    <td className="text-right">
                      {line.recordedTokens === null ? "–" : formatCount(line.recordedTokens)}
                    </td>
                    <td className="text-right">{line.billedMicroUsd === null ? "–" : money(line.billedMicroUsd)}</td>
                    <td>
                      {line.agrees ? <Badge tone="good">agrees</Badge> : <Badge tone="bad">{whyNot(line)}</Badge>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollRegion>
        </>
      )}
    </Panel>
  );
}

function whyNot({
  billedTokens,
  recordedTokens,
}: {
  billedTokens: number | null;
  recordedTokens: number | null;
}): string {
  if (billedTokens === null) return "not billed";
  if (recordedTokens === null) return "not recorded";
  const more = billedTokens - recordedTokens;
  return `${more > 0 ? "+" : "−"}${formatCount(Math.abs(more))} tokens`;
}

function ImportForm() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const upstreams = useQuery(trpc.upstreams.list.queryOptions());
  const file = useRef<HTMLInputElement>(null);
  const [upstream, setUpstream] = useState("");
  const names = upstreams.data?.upstreams.map(({ name }) => name) ?? [];
  const chosen = upstream || (names[0] ?? "");
  const load = useMutation(
    trpc.billing.importBill.mutationOptions({
      onSuccess: async ({ lines }) => {
        await queries.invalidateQueries({ queryKey: trpc.billing.bills.queryKey() });
        toast({ tone: "good", text: `${plural(lines, "line")} of the bill were read.` });
      },
    }),
  );
  if (names.length === 0) return null;
  const problem = load.error ? problemOf(load.error) : undefined;
  return (
    <div className="grid gap-3 border-line border-b p-3">
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Upstream">
          {(control) => (
            <Select {...control} value={chosen} onChange={(event) => setUpstream(event.currentTarget.value)}>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button disabled={load.isPending} onClick={() => file.current?.click()}>
          {load.isPending ? "Reading" : "Import a bill"}
        </Button>
        <input
          ref={file}
          type="file"
          accept=".csv,text/csv"
          aria-label="A bill as CSV"
          className="sr-only"
          tabIndex={-1}
          onChange={async (event) => {
            const input = event.currentTarget;
            const [sent] = input.files ?? [];
            if (sent) load.mutate({ upstream: chosen, csv: await sent.text() });
            input.value = "";
          }}
        />
      </div>
    </div>
  );
}
