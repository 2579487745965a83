"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Redo2, Undo2 } from "lucide-react";
import dynamic from "next/dynamic";
import { type KeyboardEvent, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useElementWidth } from "../../ui/use-element-width.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { canvasGraph } from "./canvas-graph.ts";
import { changeDraft, newDraft } from "./draft.ts";
import { addStep, connectSteps, type DrawnStep, disconnectSteps, drawnSteps, removeStep } from "./flow-yaml.ts";
import { StepForm } from "./step-form.tsx";
import { kinds, kindWords } from "./step-kinds.ts";
import { StepList } from "./step-list.tsx";
import type { FlowProblem, GraphStep } from "./types.ts";

const FlowCanvas = dynamic(() => import("./flow-canvas.tsx").then((module) => module.FlowCanvas), {
  ssr: false,
  loading: () => <Skeleton className="h-[420px]" />,
});

/** How long nobody types before the document is checked, in ms. */
const pauseMs = 400;
/** Narrower than this, steps are a list, in px. */
const canvasWidth = 400;

export interface FlowEditorProps {
  readonly yaml: string;
  /** Text and canvas side by side where there is room. */
  readonly isWide?: boolean;
  readonly onApplied: (flow: string) => void;
  readonly onLeave?: () => void;
}

/**
 * A flow's document as a graph and as text; both are the same text, so either is edited and both are in step. It is
 * checked while it is written: what is wrong stands on its step and below the text, and its line is one click away.
 */
export function FlowEditor({ isWide = false, onApplied, onLeave, yaml }: FlowEditorProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [draft, change] = useReducer(changeDraft, yaml, newDraft);
  const { text } = draft;
  const [problem, setProblem] = useState<FlowProblem | null>(null);
  const [checked, setChecked] = useState<readonly GraphStep[]>();
  const [chosen, setChosen] = useState<string>();
  const last = useRef<readonly DrawnStep[]>([]);
  const area = useRef<HTMLTextAreaElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const check = useMutation(
    trpc.flows.check.mutationOptions({
      onSuccess: ({ graph, problem: found }) => {
        setProblem(found);
        if (found === null) setChecked(graph);
      },
    }),
  );
  const declare = useMutation(
    trpc.flows.declare.mutationOptions({
      onSuccess: ({ changes, flow, version }) => {
        toast({ tone: "good", text: changes.length === 0 ? "It is so already." : `${flow} is at version ${version}.` });
        onApplied(flow);
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.flows.pathKey() }),
    }),
  );
  const { mutate } = check;
  useEffect(() => {
    const timer = setTimeout(() => {
      mutate({ yaml: text });
      change({ kind: "settle" });
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [mutate, text]);
  // While the text is no YAML, the canvas keeps what it last was.
  const drawn = useMemo(() => drawnSteps(text), [text]);
  useEffect(() => {
    if (drawn !== undefined) last.current = drawn;
  }, [drawn]);
  const steps = drawn ?? last.current;
  const graph = useMemo(() => canvasGraph(steps, checked, problem), [steps, checked, problem]);
  const step = drawn?.find(({ name }) => name === chosen);
  const set = (next: string, name = chosen) => {
    change({ kind: "set", text: next });
    setChosen(name);
  };
  const refusal = declare.error ? problemOf(declare.error) : undefined;
  const toLine = (line: number) => {
    const before = text.split("\n").slice(0, line - 1);
    const from = before.join("\n").length + (line > 1 ? 1 : 0);
    const until = text.indexOf("\n", from);
    area.current?.focus();
    area.current?.setSelectionRange(from, until === -1 ? text.length : until);
    area.current?.scrollTo({ top: Math.max(0, (line - 6) * 18) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.metaKey || event.ctrlKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    change({ kind: event.shiftKey ? "redo" : "undo" });
  };
  return (
    <fieldset
      aria-label="The flow's editor"
      className={cx("grid min-w-0 items-start gap-6", isWide && "lg:grid-cols-[3fr_2fr]")}
      onKeyDown={onKeyDown}
    >
      <Panel
        title="Steps"
        padded={false}
        actions={
          <>
            <Select
              aria-label="Add a step"
              value=""
              disabled={drawn === undefined}
              onChange={(event) => {
                const kind = kinds.find((one) => one === event.currentTarget.value);
                if (kind === undefined) return;
                const added = addStep(text, kind);
                set(added.text, added.name);
              }}
            >
              <option value="">Add a step…</option>
              {kinds.map((kind) => (
                <option key={kind} value={kind}>
                  {kindWords[kind]}
                </option>
              ))}
            </Select>
            <Button
              kind="quiet"
              aria-label="Undo"
              disabled={draft.past.length === 0}
              onClick={() => change({ kind: "undo" })}
            >
              <Undo2 aria-hidden />
            </Button>
            <Button
              kind="quiet"
              aria-label="Redo"
              disabled={draft.future.length === 0}
              onClick={() => change({ kind: "redo" })}
            >
              <Redo2 aria-hidden />
            </Button>
          </>
        }
      >
        <div ref={frame}>
          {width === 0 ? (
            <Skeleton className="h-[420px]" />
          ) : width < canvasWidth ? (
            <StepList graph={graph} chosen={chosen} onChoose={setChosen} />
          ) : (
            <FlowCanvas
              graph={graph}
              chosen={chosen}
              onChoose={setChosen}
              onConnect={(from, to) => set(connectSteps(text, from, to), to)}
              onDisconnect={(from, to) => set(disconnectSteps(text, from, to))}
              onRemove={(names) => set(names.reduce(removeStep, text), undefined)}
            />
          )}
        </div>
        {step ? (
          <StepForm
            key={step.name}
            text={text}
            step={step}
            steps={steps}
            onType={(next) => change({ kind: "type", text: next })}
            onSet={set}
            onClose={() => setChosen(undefined)}
          />
        ) : null}
      </Panel>
      <Panel title="Document" padded={false}>
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
                onChange={(event) => change({ kind: "type", text: event.currentTarget.value })}
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
              <Button kind="quiet" onClick={onLeave}>
                Leave it
              </Button>
            ) : null}
          </div>
        </div>
      </Panel>
    </fieldset>
  );
}
