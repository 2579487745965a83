"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { FlowDetail } from "./types.ts";

/** Which ways of the steps runs take, and how they are chosen together. */
export function PlanPanel({ flow }: { readonly flow: FlowDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const settled = { onSettled: () => client.invalidateQueries({ queryKey: trpc.flows.pathKey() }) };
  const plan = useMutation(trpc.flows.plan.mutationOptions(settled));
  const use = useMutation(trpc.flows.usePlan.mutationOptions(settled));
  const choices = flow.graph.filter(({ ways }) => ways.length > 1);
  if (choices.length === 0) return null;
  const [last] = flow.plans;
  const error = plan.error ?? use.error;
  const refusal = error ? problemOf(error) : undefined;
  const under = last !== undefined && last.finishedAt === null;
  return (
    <Panel title="Plan" note={flow.plan === null ? "first ways" : `plan ${flow.plan}`}>
      <div className="grid gap-3">
        <ul className="grid gap-1">
          {choices.map(({ path, ways }) => (
            <li key={path} className="flex justify-between gap-3">
              <span>{path}</span>
              <span className="min-w-0 truncate text-ink-2">{ways[flow.choices[path] ?? 0]}</span>
            </li>
          ))}
        </ul>
        {last && sentenceOf(last.report) ? <p className="text-ink-2">{sentenceOf(last.report)}</p> : null}
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {may("flows:write") ? (
          <div className="flex flex-wrap gap-2">
            <Button disabled={plan.isPending} onClick={() => plan.mutate({ name: flow.name })}>
              Plan jointly
            </Button>
            {last?.choices && last.number !== flow.plan && last.version === flow.version ? (
              <Button
                kind="primary"
                disabled={use.isPending}
                onClick={() => use.mutate({ name: flow.name, plan: last.number })}
              >
                Use plan {last.number}
              </Button>
            ) : null}
            {under ? <Badge tone="accent">measures</Badge> : null}
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

function sentenceOf(report: unknown): string | undefined {
  if (typeof report !== "object" || report === null || !("sentence" in report)) return undefined;
  return typeof report.sentence === "string" ? report.sentence : undefined;
}
