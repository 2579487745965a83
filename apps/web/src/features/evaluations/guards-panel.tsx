"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export interface GuardsPanelProps {
  /** What may be guarded: aliases, or `prompt:name@label`. */
  readonly subjects: readonly string[];
}

/** What must be shown before a name that people call points elsewhere. */
export function GuardsPanel({ subjects }: GuardsPanelProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const list = useQuery(trpc.guards.list.queryOptions());
  const onSuccess = () => client.invalidateQueries(trpc.guards.pathFilter());
  const remove = useMutation(trpc.guards.remove.mutationOptions({ onSuccess }));
  const guards = list.data?.guards.filter(({ subject }) => subjects.includes(subject)) ?? [];
  const refusal = remove.error ? problemOf(remove.error) : undefined;
  const write = may("aliases:write");
  return (
    <Panel title="Guards" note={guards.length === 0 ? "nothing is checked before a move" : undefined} padded={false}>
      {guards.length > 0 ? (
        <ul>
          {guards.map(({ dataset, evaluator, id, margin, subject }) => (
            <li key={id} className="flex items-start gap-2 border-line border-b px-4 py-2.5 text-xs">
              <p className="min-w-0 grow">
                <span className="break-words font-medium">{shortName(subject)}</span> moves only where an evaluation on{" "}
                <span className="font-medium">{dataset}</span> shows that {evaluator} falls by at most{" "}
                {pointsOf(margin)}.
              </p>
              {write ? (
                <IconButton
                  label={`Remove the guard of ${shortName(subject)}`}
                  size="sm"
                  disabled={remove.isPending}
                  onClick={() => remove.mutate({ id })}
                >
                  <X />
                </IconButton>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      {refusal ? <Notice tone="bad">{refusal.message}</Notice> : null}
      {write ? <NewGuard subjects={subjects} onSet={onSuccess} /> : null}
    </Panel>
  );
}

function NewGuard({ onSet, subjects }: { readonly subjects: readonly string[]; readonly onSet: () => void }) {
  const trpc = useTRPC();
  const choices = useQuery(trpc.evaluations.choices.queryOptions()).data;
  const [subject, setSubject] = useState("");
  const [dataset, setDataset] = useState("");
  const [evaluator, setEvaluator] = useState("");
  const [margin, setMargin] = useState("1");
  const set = useMutation(trpc.guards.set.mutationOptions({ onSuccess: onSet }));
  const refusal = set.error ? problemOf(set.error) : undefined;
  const datasets = choices?.datasets.map(({ name }) => name) ?? [];
  const evaluators = choices?.evaluators.map(({ name }) => name) ?? [];
  const chosen = {
    subject: subject || (subjects[0] ?? ""),
    dataset: dataset || (datasets[0] ?? ""),
    evaluator: evaluator || (evaluators[0] ?? ""),
  };
  if (datasets.length === 0 || subjects.length === 0) {
    return (
      <p className="p-4 text-ink-2 text-xs">
        {subjects.length === 0 ? "Aliases and labels of prompts can be guarded." : "A guard needs a dataset."}
      </p>
    );
  }
  return (
    <form
      className="grid max-w-lg gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        set.mutate({ ...chosen, margin: Math.min(1, Math.max(0, Number(margin) / 100)) });
      }}
    >
      <Field label="Guarded name">
        {(control) => (
          <Select {...control} value={chosen.subject} onChange={({ target }) => setSubject(target.value)}>
            {subjects.map((one) => (
              <option key={one} value={one}>
                {shortName(one)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Dataset that decides">
          {(control) => (
            <Select {...control} value={chosen.dataset} onChange={({ target }) => setDataset(target.value)}>
              {datasets.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Evaluator that decides">
          {(control) => (
            <Select {...control} value={chosen.evaluator} onChange={({ target }) => setEvaluator(target.value)}>
              {evaluators.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label="May fall by" hint="in points; 95 % sure of it">
        {(control) => (
          <Input
            {...control}
            type="number"
            min={0}
            max={100}
            step="any"
            value={margin}
            onChange={({ target }) => setMargin(target.value)}
          />
        )}
      </Field>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <Button type="submit" size="sm" className="justify-self-start" disabled={set.isPending}>
        Set the guard
      </Button>
    </form>
  );
}

function shortName(subject: string): string {
  return subject.replace(/^prompt:/, "");
}

function pointsOf(margin: number): string {
  const points = Math.round(margin * 1000) / 10;
  return `${points} ${points === 1 ? "point" : "points"}`;
}
