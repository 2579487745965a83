"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Slider } from "../../ui/slider.tsx";
import { useSending } from "../datasets/use-sending.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { type Draft, draftYaml } from "./draft-yaml.ts";
import { type Given, GiveTaskExamples } from "./give-examples.tsx";
import { MeasureSelect } from "./measure-select.tsx";

const untouched: Omit<Draft, "name" | "instruction"> = {
  quality: 0.85,
  latencyMs: 400,
  cost: "",
  prefer: "cost",
  measure: "accuracy",
};

/** From examples to a declaration: it writes the same document that a file is. */
export function NewTaskPage({ withSample }: { readonly withSample: boolean }) {
  const trpc = useTRPC();
  const router = useRouter();
  const sample = useQuery(trpc.tuning.sample.queryOptions(undefined, { enabled: withSample })).data;
  const [given, setGiven] = useState<Given>();
  const [draft, setDraft] = useState<Draft>({ ...untouched, name: "", instruction: "" });
  const [edited, setEdited] = useState<string>();
  const [isDocument, setDocument] = useState(false);
  const read = useMutation(trpc.tasks.draft.mutationOptions());
  const declare = useMutation(
    trpc.tasks.declare.mutationOptions({ onSuccess: ({ task }) => router.push(`/tasks/${task}`) }),
  );

  const { mutate } = read;
  function take(next: Given, columns?: { asked: string; answered: string }) {
    setGiven(next);
    setEdited(undefined);
    mutate(
      { ...givenOf(next), ...(columns && { asked: [columns.asked], answered: [columns.answered] }) },
      {
        onSuccess: ({ instruction }) =>
          setDraft((before) => ({
            ...before,
            name: before.name === "" ? slugOf(next.name) : before.name,
            instruction,
          })),
      },
    );
  }
  const sending = useSending(({ file, upload }) => take({ kind: "file", name: file, upload }));
  const { send } = sending;
  const took = useRef(false);
  useEffect(() => {
    if (sample === undefined || took.current) return;
    took.current = true;
    void send(new Blob([sample.csv]), `${sample.name}.csv`);
  }, [sample, send]);

  const drafted = given ? read.data : undefined;
  const yaml =
    edited ??
    (drafted && given ? draftYaml(draft, drafted, given.kind === "file" ? given.name : `${given.name}@latest`) : "");
  const refusal = declare.error ?? read.error;
  const said = refusal ? problemOf(refusal) : undefined;
  const change = (part: Partial<Draft>) => {
    setEdited(undefined);
    setDraft({ ...draft, ...part });
  };
  return (
    <Page
      name="Tasks"
      answer="What do you want done?"
      note="Bring examples of a text and its right answer, then say how good, fast and cheap it must be."
    >
      <GiveTaskExamples given={given} onGive={(next) => take(next)} sending={sending} />
      {said ? (
        <Notice tone="bad" hint={said.hint}>
          {said.message}
        </Notice>
      ) : null}
      {drafted && given ? (
        <Panel
          title="Declaration"
          note={`${drafted.rows} examples`}
          actions={
            <Button size="sm" kind="quiet" aria-pressed={isDocument} onClick={() => setDocument(!isDocument)}>
              {isDocument ? "As a form" : "As YAML"}
            </Button>
          }
        >
          <form
            className="grid gap-5"
            onSubmit={(event) => {
              event.preventDefault();
              declare.mutate({ yaml, ...(given.kind === "file" && { file: fileOf(given) }) });
            }}
          >
            {isDocument ? (
              <Field label="The task as YAML" hint="The same document that `tug tasks apply -f` takes.">
                {(control) => (
                  <Textarea
                    {...control}
                    rows={16}
                    spellCheck={false}
                    className="font-mono text-xs"
                    value={yaml}
                    onChange={(event) => setEdited(event.currentTarget.value)}
                  />
                )}
              </Field>
            ) : (
              <div className="grid gap-5 lg:grid-cols-2">
                <div className="grid min-w-0 content-start gap-4">
                  <Field label="Name" hint="Programs call it as task:name.">
                    {(control) => (
                      <Input
                        {...control}
                        value={draft.name}
                        onChange={(event) => change({ name: event.currentTarget.value })}
                      />
                    )}
                  </Field>
                  <Field label="Instruction">
                    {(control) => (
                      <Textarea
                        {...control}
                        rows={3}
                        value={draft.instruction}
                        onChange={(event) => change({ instruction: event.currentTarget.value })}
                      />
                    )}
                  </Field>
                  {given.kind === "file" ? (
                    <div className="grid grid-cols-2 gap-3">
                      <ColumnSelect
                        label="What comes in"
                        columns={drafted.columns}
                        value={drafted.asked[0]}
                        onChoose={(asked) => take(given, { asked, answered: drafted.answered[0] ?? "" })}
                      />
                      <ColumnSelect
                        label="The right answer"
                        columns={drafted.columns}
                        value={drafted.answered[0]}
                        onChoose={(answered) => take(given, { asked: drafted.asked[0] ?? "", answered })}
                      />
                    </div>
                  ) : null}
                  <Preview drafted={drafted} />
                </div>
                <div className="grid min-w-0 content-start gap-4">
                  <MeasureSelect value={draft.measure} onChoose={(measure) => change({ measure })} />
                  <Slider
                    label={draft.measure === "accuracy" ? "At least so many right, of 1" : "At least this score, of 1"}
                    value={draft.quality}
                    min={0}
                    max={1}
                    step={0.01}
                    onChange={(quality) => change({ quality })}
                    hint="0 requires nothing. It must hold at 80 % confidence, not by luck."
                  />
                  <Slider
                    label="p95 latency at most, in ms"
                    value={draft.latencyMs}
                    min={0}
                    max={5000}
                    step={10}
                    onChange={(latencyMs) => change({ latencyMs })}
                    hint="19 of 20 requests are faster. 0 requires nothing."
                  />
                  <Field label="1,000 requests cost at most, in dollars" hint="Empty requires nothing.">
                    {(control) => (
                      <Input
                        {...control}
                        inputMode="decimal"
                        placeholder="0.02"
                        value={draft.cost}
                        onChange={(event) => change({ cost: event.currentTarget.value })}
                      />
                    )}
                  </Field>
                  <Field label="Of what holds all that, prefer">
                    {(control) => (
                      <Select
                        {...control}
                        value={draft.prefer}
                        onChange={(event) => change({ prefer: event.currentTarget.value })}
                      >
                        <option value="cost">the cheapest</option>
                        <option value="latency">the fastest</option>
                        <option value="quality">the best</option>
                      </Select>
                    )}
                  </Field>
                </div>
              </div>
            )}
            <div>
              <Button kind="primary" type="submit" disabled={declare.isPending || draft.name === ""}>
                Declare the task
              </Button>
            </div>
          </form>
        </Panel>
      ) : null}
    </Page>
  );
}

function givenOf(given: Given) {
  return given.kind === "file" ? { file: fileOf(given) } : { dataset: `${given.name}@latest` };
}

function fileOf({ name, upload }: Extract<Given, { kind: "file" }>) {
  return { name, upload };
}

function slugOf(name: string): string {
  const plain = name
    .replace(/\.[a-z]+$/i, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "task" : plain.slice(0, 60);
}

interface ColumnSelectProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly value: string | undefined;
  onChoose(column: string): void;
}

function ColumnSelect({ columns, label, onChoose, value }: ColumnSelectProps) {
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          {columns.map((column) => (
            <option key={column} value={column}>
              {column}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function Preview({
  drafted,
}: {
  readonly drafted: {
    readonly asked: readonly string[];
    readonly answered: readonly string[];
    readonly preview: readonly Readonly<Record<string, string>>[];
  };
}) {
  const [asked = "", answered = ""] = [drafted.asked[0], drafted.answered[0]];
  return (
    <ul className="divide-y divide-line">
      {drafted.preview.slice(0, 4).map((row) => (
        <li key={row[asked]} className="flex items-baseline justify-between gap-3 py-1 text-xs">
          <span className="min-w-0 truncate text-ink-2">{row[asked]}</span>
          <span className="shrink-0">{row[answered]}</span>
        </li>
      ))}
    </ul>
  );
}
