"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { DeclarationPanel } from "./declaration-panel.tsx";
import { ExplainView } from "./explain-view.tsx";
import { HistoryPanel, LivePanel } from "./history-panel.tsx";
import { LivePlanning } from "./live-planning.tsx";
import { Loop } from "./loop.tsx";
import { PlanScatter } from "./plan-scatter.tsx";
import { Proposals } from "./proposals.tsx";
import { RulePanel } from "./rule-panel.tsx";
import { ShipPanel } from "./ship-panel.tsx";
import type { TaskDetail } from "./types.ts";
import { isUnderWay, servingPlan, taskAnswer } from "./words.ts";

export function TaskPage({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const query = useQuery(
    trpc.tasks.get.queryOptions(
      { name },
      { refetchInterval: ({ state }) => (state.data?.plannings.some(isUnderWay) ? 1000 : 4000) },
    ),
  );
  const task = query.data;
  const refusal = query.error ? problemOf(query.error) : undefined;
  const running = task?.plannings.find(isUnderWay);
  const [last] = task?.plannings ?? [];
  const failed = last !== undefined && (last.state === "failed" || last.state === "cancelled") ? last : undefined;
  return (
    <Page
      name="Tasks"
      answer={task ? taskAnswer(task) : name}
      note={task?.document.instruction}
      actions={task && !running ? <PlanForm task={task} /> : null}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {task ? (
        <>
          <Proposals task={name} />
          {task.notices.map((notice) => (
            <Notice key={notice} tone="warn" hint="It goes on answering; what is planned next does without it.">
              {notice}
            </Notice>
          ))}
          {running ? <LivePlanning planning={running} /> : null}
          {failed ? (
            <Notice tone={failed.state === "failed" ? "bad" : "warn"} hint={failed.hint}>
              {failed.error ?? "The last planning was cancelled; what it measured is kept."}
            </Notice>
          ) : null}
          {task.report ? (
            <>
              <ExplainView task={task} report={task.report} />
              <div className="grid gap-6 lg:grid-cols-2">
                <PlanScatter report={task.report} live={servingPlan(task.releases[0]) ?? null} />
                <div className="grid min-w-0 content-start gap-6">
                  <ShipPanel task={task} report={task.report} />
                  <LivePanel task={task} />
                  <HistoryPanel task={task} />
                  {task.releases.length > 0 ? <RulePanel task={task} /> : null}
                </div>
              </div>
            </>
          ) : running ? null : (
            <Panel title="Next">
              <p>Plan it: Tugboat measures every way to do this that your machine can hold, in the time you allow.</p>
            </Panel>
          )}
          <Loop task={name} state={`${task.plannings[0]?.state} ${task.releases.length}`} />
          <DeclarationPanel task={task} />
        </>
      ) : refusal ? null : (
        <Panel>
          <Skeleton className="h-64" />
        </Panel>
      )}
    </Page>
  );
}

function PlanForm({ task }: { readonly task: TaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [minutes, setMinutes] = useState("5");
  const plan = useMutation(
    trpc.tasks.plan.mutationOptions({ onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }) }),
  );
  if (!may("tasks:write")) return null;
  const isStale = task.report !== null && task.report.version !== task.version;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    plan.mutate({ name: task.name, minutes: Number(minutes) });
  }
  return (
    <form onSubmit={submit} className="flex items-center gap-2">
      <span className="flex items-center gap-2 text-ink-2">
        <Input
          type="number"
          min={0.1}
          max={1440}
          step="any"
          value={minutes}
          aria-label="Minutes that planning may take"
          onChange={(event) => setMinutes(event.currentTarget.value)}
          className="w-20"
        />
        <span aria-hidden>min</span>
      </span>
      <Button kind={task.report === null || isStale ? "primary" : "secondary"} type="submit" disabled={plan.isPending}>
        {task.report === null ? "Plan" : "Plan again"}
      </Button>
    </form>
  );
}
