"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Field, Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { TaskDetail } from "./types.ts";
import { latency } from "./words.ts";

const choices = [0.5, 1, 2, 5, 15, 60];

type Rule = TaskDetail["rule"];

/** What happens to a task by itself: when it is planned again, for how long, and whether what is found ships. */
export function RulePanel({ task: { name, rule } }: { readonly task: TaskDetail }) {
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
  const isLocked = save.isPending || !may("tasks:write");
  const shown = { ...rule, ...(save.isPending ? save.variables.rule : {}) };
  return (
    <Panel title="By itself" note="while it serves">
      <div className="grid gap-4">
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
          hint="To a tenth of the requests first, and only what meets every requirement. Otherwise it waits for your yes."
          checked={shown.ship}
          disabled={isLocked}
          onChange={(ship) => set({ ship })}
        />
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
