"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { CheckedExamples } from "./checked-examples.tsx";
import { GiveExamples, type Given, useSending } from "./give-examples.tsx";
import type { Checked, FindingKind } from "./types.ts";

export interface NewRunPageProps {
  /** Begins with the sample that comes with the program. */
  readonly withSample: boolean;
  /** Begins with this dataset. */
  readonly dataset?: string | undefined;
}

/** From examples to a run: give them, look at what was understood, mend, begin. */
export function NewRunPage({ dataset, withSample }: NewRunPageProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const form = useId();
  const models = useQuery(trpc.models.list.queryOptions()).data?.models ?? [];
  const sample = useQuery(trpc.tuning.sample.queryOptions(undefined, { enabled: withSample })).data;
  const [given, setGiven] = useState<Given | undefined>(
    dataset === undefined ? undefined : { name: dataset, from: { kind: "dataset", dataset } },
  );
  const [mapping, setMapping] = useState<Checked["mapping"]>();
  const [mends, setMends] = useState<readonly FindingKind[]>([]);
  const [chosen, setChosen] = useState<string>();
  const [minutes, setMinutes] = useState("10");
  const [name, setName] = useState<string>();
  const [mayForget, setMayForget] = useState("2");
  const [instruction, setInstruction] = useState("");
  const model = chosen ?? models.find(({ isDefault }) => isDefault)?.name ?? models[0]?.name;
  const check = useMutation(trpc.tuning.check.mutationOptions());
  const create = useMutation(
    trpc.tuning.create.mutationOptions({ onSuccess: ({ run }) => router.push(`/tuning/${run}`) }),
  );

  const { send } = useSending(setGiven);
  const took = useRef(false);
  useEffect(() => {
    if (sample === undefined || took.current) return;
    took.current = true;
    void send(new Blob([sample.csv]), sample.name);
  }, [sample, send]);

  const { mutate } = check;
  useEffect(() => {
    if (given === undefined || model === undefined) return;
    mutate({ from: given.from, model, mends: [...mends], ...(mapping && { mapping }) });
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
      from: given.from,
      model,
      name: name ?? given.name,
      minutes: Number(minutes),
      mayForget: Number(mayForget) / 100,
      ...(instruction.trim() !== "" && { instruction }),
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
              <details className="group sm:col-span-3">
                <summary className="focus-ring w-fit cursor-pointer rounded-sm text-ink-2">
                  What else is chosen for you
                </summary>
                <div className="mt-3 grid gap-4 sm:grid-cols-3">
                  <Field
                    label="It may forget, in %"
                    hint="How much worse it may predict general text before it is held back."
                  >
                    {(control) => (
                      <Input
                        {...control}
                        type="number"
                        min={0}
                        max={100}
                        step="any"
                        value={mayForget}
                        onChange={(event) => setMayForget(event.currentTarget.value)}
                      />
                    )}
                  </Field>
                  <Field
                    label="Instruction"
                    hint="What the model is asked before each text; left empty, it is made from the answers."
                    className="sm:col-span-2"
                  >
                    {(control) => (
                      <Textarea
                        {...control}
                        rows={2}
                        maxLength={2000}
                        value={instruction}
                        onChange={(event) => setInstruction(event.currentTarget.value)}
                      />
                    )}
                  </Field>
                </div>
              </details>
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
