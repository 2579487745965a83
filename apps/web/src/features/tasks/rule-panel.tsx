"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Field, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { TaskDetail } from "./types.ts";
import { latency } from "./words.ts";

/** The service plans a task by itself no more often. */
const mostADay = 8;
const dayMs = 86_400_000;
const choices = [0.5, 1, 2, 5, 15, 60];

type Rule = TaskDetail["rule"];
/** They judge no answer by itself. */
const unfit = new Set(["judge-pairs", "suite", "latency", "cost"]);

/** What happens to a task by itself: when it is planned again, for how long, and whether what is found ships. */
export function RulePanel({ task: { name, plannings, rule } }: { readonly task: TaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const save = useMutation(
    trpc.tasks.setRule.mutationOptions({
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
    }),
  );
  const set = (change: Partial<Omit<Rule, "aliases">>) => save.mutate({ name, rule: change });
  const { data } = useQuery(trpc.evaluators.list.queryOptions(undefined, { enabled: may("evaluations:read") }));
  const own = (data?.evaluators ?? []).filter(({ spec }) => !unfit.has(spec.kind)).map((one) => one.name);
  const judges = [...new Set([...(rule.judge === null ? [] : [rule.judge.evaluator]), ...own])];
  const isLocked = save.isPending || !may("tasks:write");
  const shown = { ...rule, ...(save.isPending ? save.variables.rule : {}) };
  const today = plannings.filter(
    ({ createdAt, reason }) => reason !== "asked" && Date.now() - Date.parse(createdAt) < dayMs,
  ).length;
  return (
    <Panel title="By itself" note="while it serves">
      <div className="grid gap-4">
        {today >= mostADay ? (
          <Notice tone="warn" hint="Plan it yourself if it can't wait.">
            Planned {today} times by itself within a day. That is the most; it goes on tomorrow.
          </Notice>
        ) : null}
        <Switch
          label="Plan again when a model joins"
          checked={shown.onModel}
          disabled={isLocked}
          onChange={(onModel) => set({ onModel })}
        />
        <Switch
          label="Plan again when the examples change"
          checked={shown.onExamples}
          disabled={isLocked}
          onChange={(onExamples) => set({ onExamples })}
        />
        <Switch
          label="Plan again when live traffic drifts"
          hint="Slower than measured, failing, or judged worse than promised."
          checked={shown.onDrift}
          disabled={isLocked}
          onChange={(onDrift) => set({ onDrift })}
        />
        <Switch
          label="Ship what is better"
          hint="What meets every requirement: to a tenth of the requests, to all after 100 that were no worse. Otherwise it waits for your yes."
          checked={shown.ship}
          disabled={isLocked}
          onChange={(ship) => set({ ship })}
        />
        <Field
          label="Have live answers judged"
          hint="A tenth of them, by an evaluator of the project. A fall counts as drift."
        >
          {(control) => (
            <Select
              {...control}
              value={shown.judge?.evaluator ?? ""}
              disabled={isLocked}
              onChange={({ currentTarget: { value } }) =>
                set({ judge: value === "" ? null : { evaluator: value, share: 0.1 } })
              }
            >
              <option value="">by nobody</option>
              {judges.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Such a planning takes at most">
          {(control) => (
            <Select
              {...control}
              value={shown.minutes}
              disabled={isLocked}
              onChange={(event) => set({ minutes: Number(event.currentTarget.value) })}
            >
              {[...new Set([...choices, shown.minutes])]
                .sort((a, b) => a - b)
                .map((minutes) => (
                  <option key={minutes} value={minutes}>
                    {latency(minutes * 60_000)}
                  </option>
                ))}
            </Select>
          )}
        </Field>
      </div>
    </Panel>
  );
}
