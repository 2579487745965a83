"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Status } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field, Input, Textarea } from "../../ui/field.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { FlowDetail, FlowRunDetail, RunStep } from "./types.ts";
import { isUnderWay, stateOf } from "./words.ts";

export interface RunPanelProps {
  readonly flow: FlowDetail;
  readonly run: FlowRunDetail | undefined;
  readonly onRun: (id: string) => void;
}

/** The next action: an input, and what came of it. */
export function RunPanel({ flow, onRun, run }: RunPanelProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const begin = useMutation(
    trpc.flows.run.mutationOptions({
      onSuccess: ({ run: id }) => onRun(id),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.flows.runs.queryKey() }),
    }),
  );
  const refusal = begin.error ? problemOf(begin.error) : undefined;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const input = Object.fromEntries(flow.input.map(({ name, type }) => [name, typedValue(values[name] ?? "", type)]));
    begin.mutate({ name: flow.name, input });
  }
  return (
    <Panel title="Run" note={`model: ${flow.model}`}>
      <div className="grid gap-4">
        {may("flows:write") ? (
          <form onSubmit={submit} className="grid gap-3">
            {flow.input.map(({ name, said }) => (
              <Field key={name} label={name} aside={said}>
                {(control) => (
                  <Input
                    {...control}
                    value={values[name] ?? ""}
                    onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
                  />
                )}
              </Field>
            ))}
            {refusal ? (
              <Notice tone="bad" hint={refusal.hint}>
                {refusal.message}
              </Notice>
            ) : null}
            <div>
              <Button type="submit" kind="primary" disabled={begin.isPending}>
                Run
              </Button>
            </div>
          </form>
        ) : null}
        {run ? <Outcome run={run} /> : null}
      </div>
    </Panel>
  );
}

/** What a person typed, as the value of its type; what is no JSON is left for the service to refuse. */
function typedValue(text: string, type: unknown): unknown {
  if (type === "string" || (typeof type === "object" && type !== null && "enum" in type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function Outcome({ run }: { readonly run: FlowRunDetail }) {
  const { said, tone } = stateOf(run.state);
  const waiting = run.steps.filter(({ state }) => state === "waiting");
  return (
    <div className="grid gap-3 border-line border-t pt-4">
      <p className="flex items-center justify-between">
        <Status tone={tone} busy={isUnderWay(run.state)}>
          {said}
        </Status>
        <span className="text-ink-3 text-xs tabular-nums">
          {plural(run.steps.length, "step")}, {money(run.costMicroUsd)}
        </span>
      </p>
      {waiting.map((step) => (
        <Approval key={step.path} run={run.id} step={step} />
      ))}
      {run.error ? (
        <Notice tone="bad" hint={run.error.hint}>
          {run.error.message}
        </Notice>
      ) : null}
      {run.state === "done" ? <CodeBlock what="the output" code={JSON.stringify(run.output, null, 2)} wrap /> : null}
    </div>
  );
}

function Approval({ run, step }: { readonly run: string; readonly step: RunStep }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [note, setNote] = useState("");
  const answer = useMutation(
    trpc.flows.answer.mutationOptions({
      onSettled: () => client.invalidateQueries({ queryKey: trpc.flows.pathKey() }),
    }),
  );
  const refusal = answer.error ? problemOf(answer.error) : undefined;
  return (
    <Panel title={questionOf(step)}>
      <div className="grid gap-3">
        <Field label="Note">
          {(control) => (
            <Textarea {...control} rows={2} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {may("flows:write") ? (
          <div className="flex gap-2">
            <Button
              kind="primary"
              disabled={answer.isPending}
              onClick={() => answer.mutate({ run, step: step.path, approved: true, note })}
            >
              Approve
            </Button>
            <Button
              disabled={answer.isPending}
              onClick={() => answer.mutate({ run, step: step.path, approved: false, note })}
            >
              Refuse
            </Button>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

function questionOf({ output, path }: RunStep): string {
  if (typeof output === "object" && output !== null && "question" in output) return String(output.question);
  return path;
}

/** Earlier runs; one is looked at again with a click. */
export function RunHistory({
  flow,
  onRun,
  shown,
}: {
  readonly flow: string;
  readonly shown: string | undefined;
  readonly onRun: (id: string) => void;
}) {
  const trpc = useTRPC();
  const runs = useQuery(trpc.flows.runs.queryOptions({ name: flow }, { refetchInterval: 4000 }));
  const found = runs.data?.runs ?? [];
  if (found.length === 0) return null;
  const now = Date.now();
  return (
    <Panel title="Runs" padded={false}>
      <ul className="divide-y divide-line">
        {found.map(({ createdAt, id, problem, state }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={id === shown ? "true" : undefined}
              className="focus-ring grid w-full cursor-pointer gap-0.5 px-4 py-2 text-left hover:bg-hover aria-[current]:bg-hover"
              onClick={() => onRun(id)}
            >
              <span className="flex justify-between gap-3">
                <Status tone={stateOf(state).tone} busy={isUnderWay(state)}>
                  {stateOf(state).said}
                </Status>
                <span className="text-ink-3 text-xs">{fromNow(Date.parse(createdAt), now)}</span>
              </span>
              {problem ? <span className="truncate text-2xs text-ink-3">{problem}</span> : null}
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
