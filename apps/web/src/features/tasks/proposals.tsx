"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { Evidence } from "./evidence.tsx";
import type { Proposal } from "./types.ts";
import { latency, reasonText, scoreText, usd } from "./words.ts";

const everyMs = 5000;

/** Better plans that were found without being asked for: what waits for a person's yes. */
export function Proposals({ task }: { readonly task?: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [shown, setShown] = useState<Proposal>();
  const query = useQuery(
    trpc.tasks.proposals.queryOptions(undefined, { refetchInterval: everyMs, enabled: may("tasks:read") }),
  );
  const settled = {
    onError: (error: unknown) => toast({ tone: "bad", text: problemOf(error).message }),
    onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
  };
  const ship = useMutation(
    trpc.tasks.ship.mutationOptions({
      ...settled,
      onSuccess: ({ plan, task }) => toast({ tone: "good", text: `Plan ${plan} serves ${task} now.` }),
    }),
  );
  const dismiss = useMutation(trpc.tasks.dismiss.mutationOptions(settled));
  const open = (query.data?.proposals ?? []).filter((one) => task === undefined || one.task === task);
  return (
    <>
      {open.map((one) => (
        <Panel
          key={one.id}
          title={`A better plan for ${one.task}`}
          note={reasonText(one)}
          actions={
            task === undefined ? (
              <ButtonLink size="sm" kind="quiet" href={`/tasks/${one.task}`}>
                Look <ArrowRight />
              </ButtonLink>
            ) : null
          }
        >
          <div className="grid gap-3">
            <p className="min-w-0 max-w-[72ch] break-words">{one.sentence}</p>
            <Comparison proposal={one} />
            <div className="flex flex-wrap gap-2">
              {may("tasks:write") && one.plan !== null ? (
                <>
                  <Button
                    kind="primary"
                    disabled={ship.isPending}
                    onClick={() =>
                      ship.mutate({ name: one.task, plan: one.plan ?? 0, anyway: true, note: reasonText(one) })
                    }
                  >
                    Ship plan {one.plan}
                  </Button>
                  <Button
                    disabled={ship.isPending}
                    onClick={() =>
                      ship.mutate({
                        name: one.task,
                        plan: one.plan ?? 0,
                        share: 10,
                        anyway: true,
                        note: reasonText(one),
                      })
                    }
                  >
                    To 10 % first
                  </Button>
                </>
              ) : null}
              {one.found ? <Button onClick={() => setShown(one)}>See its evidence</Button> : null}
              {may("tasks:write") ? (
                <Button kind="quiet" disabled={dismiss.isPending} onClick={() => dismiss.mutate({ planning: one.id })}>
                  Dismiss
                </Button>
              ) : null}
            </div>
          </div>
        </Panel>
      ))}
      {shown?.found ? <Evidence task={shown.task} entry={shown.found} onClose={() => setShown(undefined)} /> : null}
    </>
  );
}

/** What was found beside what serves, measured on the same examples. */
function Comparison({ proposal: { found, measure, serving } }: { readonly proposal: Proposal }) {
  if (found === null) return null;
  const rows = [{ what: "found", one: found }, ...(serving === null ? [] : [{ what: "serves now", one: serving }])];
  return (
    <ul aria-label="Measured" className="grid gap-1 tabular-nums">
      {rows.map(({ one: { figures, name, plan }, what }) => (
        <li key={what} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-line border-l-2 pl-3 text-xs">
          <span className="w-20 shrink-0 text-ink-2">{what}</span>
          <span className="min-w-0 break-words font-medium">
            {plan === null ? "" : `Plan ${plan}: `}
            {name}
          </span>
          <span className="text-ink-2">
            {measure} {scoreText(figures.score)} ({scoreText(figures.low)} to {scoreText(figures.high)}) · p95{" "}
            {latency(figures.latencyP95Ms)} · {usd(figures.costPer1kUsd)} per 1,000
          </span>
        </li>
      ))}
    </ul>
  );
}
