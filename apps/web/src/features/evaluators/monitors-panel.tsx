"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { formatCount, fromNow } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** A sampled share of live traffic, judged as it comes, with an alarm when answers drift. */
export function MonitorsPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const found = useQuery(trpc.monitors.list.queryOptions(undefined, { refetchInterval: 20_000 })).data;
  const remove = useMutation(
    trpc.monitors.remove.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.monitors.pathFilter()) }),
  );
  if (found === undefined) return null;
  const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
  return (
    <Panel
      title="Live answers"
      note={`judged as they come; a false alarm once in about ${formatCount(found.falseAlarmEvery)}`}
      padded={false}
    >
      {found.monitors.length > 0 ? (
        <ul>
          {found.monitors.map(({ alarms, evaluator, id, judged, mean, model, share, unjudged }) => {
            const last = alarms.at(-1);
            return (
              <li key={id} className="flex items-start gap-3 border-line border-b px-4 py-2.5">
                <div className="grid min-w-0 grow gap-0.5">
                  <p className="break-words">
                    <span className="font-medium">{model}</span> by {evaluator}, {percent(share)} of requests
                  </p>
                  <p className="text-ink-3 text-xs tabular-nums">
                    {mean === null ? "nothing judged yet" : `${percent(mean)} on ${formatCount(judged)} answers`}
                    {unjudged > 0 ? `, ${formatCount(unjudged)} could not be judged` : ""}
                  </p>
                </div>
                {last ? (
                  <Badge tone={last.direction === "down" ? "bad" : "warn"}>
                    {last.direction === "down" ? "fell" : "rose"} {fromNow(Date.parse(last.at), Date.now())}:{" "}
                    {percent(last.usual)} → {percent(last.mean)}
                  </Badge>
                ) : null}
                {may("evaluations:write") ? (
                  <IconButton
                    label={`No longer judge ${model} by ${evaluator}`}
                    size="sm"
                    disabled={remove.isPending}
                    onClick={() => remove.mutate({ id })}
                  >
                    <X />
                  </IconButton>
                ) : null}
              </li>
            );
          })}
        </ul>
      ) : null}
      {may("evaluations:write") ? <NewMonitor /> : null}
    </Panel>
  );
}

function NewMonitor() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const choices = useQuery(trpc.evaluations.choices.queryOptions()).data;
  const [model, setModel] = useState("");
  const [evaluator, setEvaluator] = useState("");
  const [share, setShare] = useState("10");
  const add = useMutation(
    trpc.monitors.add.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.monitors.pathFilter()) }),
  );
  const refusal = add.error ? problemOf(add.error) : undefined;
  const own = choices?.evaluators.filter((one) => one.own && !["judge-pairs", "suite"].includes(one.kind)) ?? [];
  if (choices === undefined) return null;
  if (own.length === 0) {
    return (
      <p className="p-4 text-ink-2 text-xs">
        Live answers have no expected answer beside them: write a rubric, code or a pattern of your own first.
      </p>
    );
  }
  const models = [
    ...choices.models.map(({ name }) => name),
    ...choices.prompts.map(({ stands }) => `prompt:${stands}`),
  ];
  const chosen = { model: model || (models[0] ?? ""), evaluator: evaluator || (own[0]?.name ?? "") };
  return (
    <form
      className="grid items-end gap-3 p-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_7rem_max-content]"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ ...chosen, share: Math.min(1, Math.max(0.001, Number(share) / 100)) });
      }}
    >
      <Field label="Requests to">
        {(control) => (
          <Select {...control} value={chosen.model} onChange={({ target }) => setModel(target.value)}>
            {models.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Judged live by">
        {(control) => (
          <Select {...control} value={chosen.evaluator} onChange={({ target }) => setEvaluator(target.value)}>
            {own.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Share in %">
        {(control) => (
          <Input
            {...control}
            type="number"
            min={0.1}
            max={100}
            step="any"
            value={share}
            onChange={({ target }) => setShare(target.value)}
          />
        )}
      </Field>
      <Button type="submit" disabled={add.isPending}>
        Judge live
      </Button>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint} className="sm:col-span-4">
          {refusal.message}
        </Notice>
      ) : null}
    </form>
  );
}
