"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Spec } from "./types.ts";

/** One answer, judged now: what the evaluator says before anything depends on it. */
export function TryOut({ spec }: { readonly spec: Spec }) {
  const trpc = useTRPC();
  const [input, setInput] = useState("I was charged twice this month.");
  const [expected, setExpected] = useState("billing");
  const [text, setText] = useState("billing");
  const [other, setOther] = useState("");
  const judged = useMutation(trpc.evaluators.try.mutationOptions());
  const refusal = judged.error ? problemOf(judged.error) : undefined;
  return (
    <Panel title="Try it" note="nothing is kept">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          judged.mutate({
            spec,
            input,
            expected: expected === "" ? null : expected,
            text,
            ...(spec.kind === "judge-pairs" && { other }),
          });
        }}
      >
        <Field label="What was asked">
          {(control) => <Input {...control} value={input} onChange={({ target }) => setInput(target.value)} />}
        </Field>
        <Field label="Expected answer">
          {(control) => <Input {...control} value={expected} onChange={({ target }) => setExpected(target.value)} />}
        </Field>
        <Field label="Answer to judge">
          {(control) => (
            <Textarea {...control} rows={3} value={text} onChange={({ target }) => setText(target.value)} />
          )}
        </Field>
        {spec.kind === "judge-pairs" ? (
          <Field label="Answer it is compared with">
            {(control) => (
              <Textarea {...control} rows={3} value={other} onChange={({ target }) => setOther(target.value)} />
            )}
          </Field>
        ) : null}
        <Button type="submit" className="justify-self-start" disabled={judged.isPending}>
          {judged.isPending ? "Judging…" : "Judge this answer"}
        </Button>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {judged.data ? (
          <div role="status" className="grid gap-1 rounded-md bg-sunken px-3 py-2">
            <p className="flex items-center gap-2">
              <Badge tone={judged.data.value === null ? "warn" : judged.data.value >= 0.5 ? "good" : "bad"}>
                {judged.data.value === null ? "no score" : `${Math.round(100 * judged.data.value)} %`}
              </Badge>
              {judged.data.costMicroUsd > 0 ? (
                <span className="text-ink-3 text-xs tabular-nums">${(judged.data.costMicroUsd / 1e6).toFixed(6)}</span>
              ) : null}
            </p>
            {judged.data.reason ? <p className="break-words text-ink-2">{judged.data.reason}</p> : null}
          </div>
        ) : null}
      </form>
    </Panel>
  );
}
