"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { FlowProblem, GraphStep } from "./types.ts";

/** How long nobody types before the document is checked, in ms. */
const pauseMs = 400;

export interface FlowEditorProps {
  readonly yaml: string;
  /** Told the graph of what is written, when it is right. */
  readonly onGraph: (graph: readonly GraphStep[] | undefined) => void;
  readonly onApplied: (flow: string) => void;
  readonly onLeave?: () => void;
}

/** The document, checked while it is written: what is wrong stands below, and its line is one click away. */
export function FlowEditor({ onApplied, onGraph, onLeave, yaml }: FlowEditorProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [text, setText] = useState(yaml);
  const [problem, setProblem] = useState<FlowProblem | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const check = useMutation(
    trpc.flows.check.mutationOptions({
      onSuccess: ({ graph, problem: found }) => {
        setProblem(found);
        if (found === null) onGraph(graph);
      },
    }),
  );
  const declare = useMutation(
    trpc.flows.declare.mutationOptions({
      onSuccess: ({ changes, flow, version }) => {
        onGraph(undefined);
        toast({ tone: "good", text: changes.length === 0 ? "It is so already." : `${flow} is at version ${version}.` });
        onApplied(flow);
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.flows.pathKey() }),
    }),
  );
  const { mutate } = check;
  useEffect(() => {
    const timer = setTimeout(() => mutate({ yaml: text }), pauseMs);
    return () => clearTimeout(timer);
  }, [mutate, text]);
  const refusal = declare.error ? problemOf(declare.error) : undefined;
  const toLine = (line: number) => {
    const from =
      text
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    const until = text.indexOf("\n", from);
    area.current?.focus();
    area.current?.setSelectionRange(from, until === -1 ? text.length : until);
    area.current?.scrollTo({ top: Math.max(0, (line - 6) * 18) });
  };
  return (
    <div className="grid gap-3 p-4">
      <Field label="The flow as YAML">
        {(control) => (
          <Textarea
            {...control}
            ref={area}
            rows={22}
            wrap="off"
            spellCheck={false}
            className="overflow-x-auto font-mono text-xs leading-[18px]"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      {problem ? (
        <Notice
          tone="bad"
          hint={problem.hint}
          action={
            problem.line === null ? undefined : (
              <Button size="sm" onClick={() => toLine(problem.line ?? 1)}>
                Line {problem.line}
              </Button>
            )
          }
        >
          {problem.message}
        </Notice>
      ) : refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <div className="flex gap-2">
        <Button
          kind="primary"
          disabled={declare.isPending || problem !== null}
          onClick={() => declare.mutate({ yaml: text })}
        >
          Apply
        </Button>
        {onLeave ? (
          <Button
            kind="quiet"
            onClick={() => {
              onGraph(undefined);
              onLeave();
            }}
          >
            Leave it
          </Button>
        ) : null}
      </div>
    </div>
  );
}
