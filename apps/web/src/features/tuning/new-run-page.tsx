"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { type DragEvent, type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { base64Of } from "./base64.ts";
import { CheckedExamples } from "./checked-examples.tsx";
import type { Checked, FindingKind } from "./types.ts";

interface Given {
  readonly name: string;
  readonly base64: string;
}

/** From examples to a run: drop or paste, look at what was understood, mend, begin. */
export function NewRunPage({ withSample }: { readonly withSample: boolean }) {
  const trpc = useTRPC();
  const router = useRouter();
  const form = useId();
  const models = useQuery(trpc.models.list.queryOptions()).data?.models ?? [];
  const sample = useQuery(trpc.tuning.sample.queryOptions(undefined, { enabled: withSample })).data;
  const [given, setGiven] = useState<Given>();
  const [mapping, setMapping] = useState<Checked["mapping"]>();
  const [mends, setMends] = useState<readonly FindingKind[]>([]);
  const [chosen, setChosen] = useState<string>();
  const [minutes, setMinutes] = useState("10");
  const [name, setName] = useState<string>();
  const model = chosen ?? models.find(({ isDefault }) => isDefault)?.name ?? models[0]?.name;
  const check = useMutation(trpc.tuning.check.mutationOptions());
  const create = useMutation(
    trpc.tuning.create.mutationOptions({ onSuccess: ({ run }) => router.push(`/tuning/${run}`) }),
  );

  const took = useRef(false);
  useEffect(() => {
    if (sample === undefined || took.current) return;
    took.current = true;
    setGiven({ name: sample.name, base64: base64Of(new TextEncoder().encode(sample.csv)) });
  }, [sample]);

  const { mutate } = check;
  useEffect(() => {
    if (given === undefined || model === undefined) return;
    mutate({ base64: given.base64, model, mends: [...mends], ...(mapping && { mapping }) });
  }, [given, mapping, mends, model, mutate]);

  function take(next: Given) {
    setMapping(undefined);
    setMends([]);
    setGiven(next);
  }
  const checked = given ? check.data : undefined;
  const refusal = create.error ?? (given ? check.error : null);
  const said = refusal ? problemOf(refusal) : undefined;
  const stops = checked?.findings.some(({ weight }) => weight === "stop") ?? true;

  function begin(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (given === undefined || model === undefined || stops) return;
    create.mutate({
      base64: given.base64,
      model,
      name: name ?? given.name,
      minutes: Number(minutes),
      mends: [...mends],
      ...(mapping && { mapping }),
    });
  }
  return (
    <Page
      name="Tuning"
      answer="What should the model learn?"
      note="A column of texts and a column of right answers. You choose nothing but the examples."
    >
      <GiveExamples onGive={take} given={given?.name} />
      {said ? (
        <Notice tone="bad" hint={said.hint}>
          {said.message}
        </Notice>
      ) : null}
      {checked ? (
        <>
          <CheckedExamples
            checked={checked}
            onMap={setMapping}
            onMend={(kind) => setMends([...new Set([...mends, kind])])}
            isChecking={check.isPending}
          />
          <Panel title="Begin">
            <form id={form} onSubmit={begin} className="grid gap-4 sm:grid-cols-3">
              <Field label="Name">
                {(control) => (
                  <Input
                    {...control}
                    value={name ?? given?.name ?? ""}
                    onChange={(event) => setName(event.currentTarget.value)}
                  />
                )}
              </Field>
              <Field label="Model to tune">
                {(control) => (
                  <Select {...control} value={model} onChange={(event) => setChosen(event.currentTarget.value)}>
                    {models.map(({ name }) => (
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <Field label="Time it may take, in minutes">
                {(control) => (
                  <Input
                    {...control}
                    type="number"
                    min={0.2}
                    max={1440}
                    step="any"
                    value={minutes}
                    onChange={(event) => setMinutes(event.currentTarget.value)}
                  />
                )}
              </Field>
              <div className="sm:col-span-3">
                <Button kind="primary" type="submit" disabled={stops || create.isPending || check.isPending}>
                  Tune the model
                </Button>
              </div>
            </form>
          </Panel>
        </>
      ) : null}
    </Page>
  );
}

function GiveExamples({ given, onGive }: { readonly given: string | undefined; onGive(given: Given): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  async function read(file: File | undefined) {
    if (file)
      onGive({ name: file.name.replace(/\.[a-z]+$/i, ""), base64: base64Of(new Uint8Array(await file.arrayBuffer())) });
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files[0]);
  }
  return (
    <Panel title="Examples" note={given ? `from ${given}` : "CSV, JSON Lines, or cells from a spreadsheet"}>
      <div className="grid gap-4 sm:grid-cols-2">
        <section
          aria-label="A file of examples"
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
          className={cx(
            "grid min-h-32 place-items-center gap-2 rounded-md border border-line-strong border-dashed p-4 text-center",
            isOver && "bg-accent-soft",
          )}
        >
          <p className="text-ink-2">Drop a file here</p>
          <Button onClick={() => input.current?.click()}>
            <FileUp /> Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            aria-label="File of examples"
            accept=".csv,.tsv,.txt,.jsonl,text/*"
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => void read(event.currentTarget.files?.[0])}
          />
        </section>
        <Field label="Or paste them">
          {(control) => (
            <div className="grid gap-2">
              <Textarea
                {...control}
                rows={4}
                value={pasted}
                placeholder={"message\tqueue\nWhere is my parcel?\tdelivery"}
                onChange={(event) => setPasted(event.currentTarget.value)}
              />
              <div>
                <Button
                  disabled={pasted.trim() === ""}
                  onClick={() =>
                    onGive({ name: "pasted examples", base64: base64Of(new TextEncoder().encode(pasted)) })
                  }
                >
                  Use what I pasted
                </Button>
              </div>
            </div>
          )}
        </Field>
      </div>
    </Panel>
  );
}
