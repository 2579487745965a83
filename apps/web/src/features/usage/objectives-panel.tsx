"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Goal, Plus, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

const freshMs = 30_000;

/** What answers should be, how it went, and how fast the room for worse is used. */
export function ObjectivesPanel() {
  const { may } = useSession();
  const mayWrite = may("billing:write");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const { data } = useQuery(trpc.alerts.objectives.queryOptions(undefined, { refetchInterval: freshMs }));
  const set = useMutation(
    trpc.alerts.setObjectives.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.alerts.objectives.queryKey() }),
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  const all = data?.objectives ?? [];
  const plain = all.map(({ id, measure, model, name, percent, withinMs }) => ({
    id,
    measure,
    model,
    name,
    percent,
    withinMs,
  }));
  return (
    <Panel
      title="Objectives"
      note={`the last ${data?.days ?? 30} days`}
      padded={false}
      actions={
        mayWrite ? (
          <Button size="sm" kind="quiet" onClick={() => setAdding(true)}>
            <Plus /> New objective
          </Button>
        ) : null
      }
    >
      {data && all.length === 0 ? (
        <EmptyState icon={Goal} title="No objectives yet">
          Say what answers should be, such as “95 % start within 300 ms”. Whoever is to know is told when the room for
          worse is used up too fast.
        </EmptyState>
      ) : null}
      <ul>
        {all.map((one) => (
          <li
            key={one.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-b-0"
          >
            <div className="min-w-48 grow basis-0">
              <p className="font-medium">{one.name}</p>
              <p className="text-ink-2 text-xs">{one.words}</p>
            </div>
            <p className="text-right">
              <span
                className={cx(
                  "font-medium",
                  one.achieved === null ? "text-ink-3" : one.achieved >= one.percent ? "text-good" : "text-bad",
                )}
              >
                {one.achieved === null ? "nothing asked" : `${one.achieved.toFixed(2)} %`}
              </span>
              <span className="block text-ink-3 text-xs">
                {one.budgetLeft === null
                  ? "–"
                  : one.budgetLeft >= 0
                    ? `${Math.round(one.budgetLeft * 100)} % of the error budget left, of ${formatCount(one.requests)} requests`
                    : `error budget overdrawn ${(1 - one.budgetLeft).toFixed(1)} times`}
              </span>
              <span className="block text-ink-3 text-xs">
                {one.burn
                  .map(({ hours, rate }) => `burns ${rate === null ? "–" : `${rate.toFixed(1)}×`} in ${hours} h`)
                  .join(", ")}
              </span>
            </p>
            {mayWrite ? (
              <IconButton
                label={`Remove ${one.name}`}
                size="sm"
                disabled={set.isPending}
                onClick={() => set.mutate({ objectives: plain.filter(({ id }) => id !== one.id) })}
              >
                <X />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      {adding ? (
        <ObjectiveDialog
          onClose={() => setAdding(false)}
          onAdd={(made) => {
            set.mutate({ objectives: [...plain, { ...made, id: crypto.randomUUID() }] });
            setAdding(false);
          }}
        />
      ) : null}
    </Panel>
  );
}

interface ObjectiveDraft {
  readonly name: string;
  readonly model: string | null;
  readonly measure: "ttft" | "duration" | "answered";
  readonly withinMs: number;
  readonly percent: number;
}

const measures = [
  { id: "ttft", name: "start within" },
  { id: "duration", name: "end within" },
  { id: "answered", name: "are answered at all" },
] as const;

function ObjectiveDialog({
  onAdd,
  onClose,
}: {
  readonly onAdd: (made: ObjectiveDraft) => void;
  readonly onClose: () => void;
}) {
  const [draft, setDraft] = useState({
    name: "",
    model: "",
    measure: "ttft" as ObjectiveDraft["measure"],
    withinMs: 300,
    percent: 95,
  });
  const wrong = !(draft.percent >= 50 && draft.percent <= 99.99) || !(draft.withinMs >= 1);
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="New objective"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={draft.name.trim() === "" || wrong}
            onClick={() => onAdd({ ...draft, model: draft.model.trim() === "" ? null : draft.model.trim() })}
          >
            Add the objective
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {wrong ? <Notice tone="warn">The share lies between 50 and 99.99 %, the time is at least 1 ms.</Notice> : null}
        <Field label="Name">
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Model or alias" hint="Empty: all of them.">
          {(control) => (
            <Input
              {...control}
              value={draft.model}
              onChange={(event) => setDraft({ ...draft, model: event.currentTarget.value })}
            />
          )}
        </Field>
        <div className="grid grid-cols-3 gap-3">
          <Field label="Share" aside="%">
            {(control) => (
              <Input
                {...control}
                type="number"
                step="0.01"
                value={draft.percent}
                onChange={(event) => setDraft({ ...draft, percent: event.currentTarget.valueAsNumber })}
              />
            )}
          </Field>
          <Field label="Of answers">
            {(control) => (
              <Select
                {...control}
                value={draft.measure}
                onChange={(event) =>
                  setDraft({
                    ...draft,
                    measure: measures.find(({ id }) => id === event.currentTarget.value)?.id ?? "ttft",
                  })
                }
              >
                {measures.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Time" aside="ms">
            {(control) => (
              <Input
                {...control}
                type="number"
                min={1}
                disabled={draft.measure === "answered"}
                value={draft.withinMs}
                onChange={(event) => setDraft({ ...draft, withinMs: event.currentTarget.valueAsNumber })}
              />
            )}
          </Field>
        </div>
      </div>
    </Dialog>
  );
}
