"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button, ButtonLink, IconButton } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Choices } from "./types.ts";

interface Draft {
  readonly key: number;
  readonly name: string;
  readonly model: string;
  readonly instruction: string;
}

export function NewEvaluationPage({ dataset }: { readonly dataset?: string | undefined }) {
  const trpc = useTRPC();
  const choices = useQuery(trpc.evaluations.choices.queryOptions());
  return (
    <Page
      name="Evaluations"
      answer="What do you want to compare?"
      note="Every candidate answers every example; what was answered before is not asked again."
    >
      {choices.data ? (
        <NewEvaluation choices={choices.data} asked={dataset} />
      ) : (
        <Panel>
          <Skeleton className="h-48" />
        </Panel>
      )}
    </Page>
  );
}

interface NewEvaluationProps {
  readonly choices: Choices;
  /** The dataset that was asked for. */
  readonly asked: string | undefined;
}

function NewEvaluation({ asked, choices }: NewEvaluationProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const [dataset, setDataset] = useState(asked ?? choices.datasets[0]?.name ?? "");
  const [evaluator, setEvaluator] = useState("normalised");
  const [maxTokens, setMaxTokens] = useState("32");
  const [drafts, setDrafts] = useState<readonly Draft[]>(() =>
    [0, 1].map((key) => ({
      key,
      name: "",
      model: choices.models[key]?.name ?? choices.models[0]?.name ?? "",
      instruction: "",
    })),
  );
  const create = useMutation(
    trpc.evaluations.create.mutationOptions({
      onSuccess: ({ evaluation }) => router.push(`/evaluations/${evaluation}`),
    }),
  );
  const refusal = create.error ? problemOf(create.error) : undefined;
  const change = (key: number, part: Partial<Draft>) =>
    setDrafts((before) => before.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const rows = choices.datasets.find(({ name }) => name === dataset)?.rows ?? 0;
  const what = choices.evaluators.find(({ name }) => name === evaluator)?.what;

  const begin = () =>
    create.mutate({
      dataset,
      evaluators: [evaluator],
      candidates: drafts.map(({ instruction, model, name }) => ({
        name: name.trim() || (instruction.trim() === "" ? model : `${model}, ${instruction.trim().slice(0, 40)}`),
        model,
        maxTokens: Number(maxTokens) || 32,
        ...(instruction.trim() !== "" && { instruction }),
      })),
    });

  if (choices.datasets.length === 0) {
    return (
      <Notice tone="neutral" hint="The page Evaluations has a small one to try it with.">
        There is no dataset yet.
      </Notice>
    );
  }
  return (
    <form
      className="grid gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <Panel title="Examples and judgement">
        <div className="grid items-start gap-4 sm:grid-cols-3">
          <Field label="Dataset" hint={`${rows.toLocaleString("en")} examples`}>
            {(control) => (
              <Select {...control} value={dataset} onChange={({ target }) => setDataset(target.value)}>
                {choices.datasets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Judged by" hint={what}>
            {(control) => (
              <Select {...control} value={evaluator} onChange={({ target }) => setEvaluator(target.value)}>
                {choices.evaluators.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Longest answer" hint="in tokens">
            {(control) => (
              <Input
                {...control}
                type="number"
                min={1}
                max={8192}
                value={maxTokens}
                onChange={({ target }) => setMaxTokens(target.value)}
              />
            )}
          </Field>
        </div>
      </Panel>
      <div className="grid items-start gap-4 md:grid-cols-2">
        {drafts.map((draft, index) => (
          <Panel
            key={draft.key}
            title={`Candidate ${index + 1}`}
            actions={
              drafts.length > 1 ? (
                <IconButton
                  label={`Remove candidate ${index + 1}`}
                  size="sm"
                  onClick={() => setDrafts(drafts.filter(({ key }) => key !== draft.key))}
                >
                  <X />
                </IconButton>
              ) : undefined
            }
          >
            <div className="grid gap-4">
              <Field label="Model or alias">
                {(control) => (
                  <Select
                    {...control}
                    value={draft.model}
                    onChange={({ target }) => change(draft.key, { model: target.value })}
                  >
                    {choices.models.map(({ kind, name }) => (
                      <option key={`${kind} ${name}`}>{name}</option>
                    ))}
                  </Select>
                )}
              </Field>
              <Field label="Name" hint="As the result calls it; by default the model's">
                {(control) => (
                  <Input
                    {...control}
                    value={draft.name}
                    maxLength={120}
                    onChange={({ target }) => change(draft.key, { name: target.value })}
                  />
                )}
              </Field>
              <Field label="Instruction" hint="Said before each example; {{message}} stands for its field message">
                {(control) => (
                  <Textarea
                    {...control}
                    rows={4}
                    value={draft.instruction}
                    onChange={({ target }) => change(draft.key, { instruction: target.value })}
                  />
                )}
              </Field>
            </div>
          </Panel>
        ))}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" type="submit" disabled={create.isPending || drafts.some(({ model }) => model === "")}>
          Compare on {rows.toLocaleString("en")} examples
        </Button>
        {drafts.length < 8 ? (
          <Button
            onClick={() =>
              setDrafts([
                ...drafts,
                {
                  key: Math.max(...drafts.map(({ key }) => key)) + 1,
                  name: "",
                  model: choices.models[0]?.name ?? "",
                  instruction: "",
                },
              ])
            }
          >
            <Plus /> Another candidate
          </Button>
        ) : null}
        <ButtonLink kind="quiet" href="/evaluations">
          Back
        </ButtonLink>
      </div>
    </form>
  );
}
