"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Switch } from "../../ui/switch.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { CandidateChoice, type Chosen } from "./candidate-choice.tsx";
import { candidatesOf, type Draft, mostCandidates } from "./candidates.ts";
import { DraftPanel } from "./draft-panel.tsx";
import { EvaluatorChoice } from "./evaluator-choice.tsx";
import type { Choices } from "./types.ts";

/** What a link to the page may ask for. */
export interface Asked {
  readonly dataset?: string | undefined;
  readonly evaluator?: string | undefined;
  readonly models?: readonly string[] | undefined;
  readonly prompts?: readonly string[] | undefined;
}

export function NewEvaluationPage({ asked }: { readonly asked: Asked }) {
  const trpc = useTRPC();
  const choices = useQuery(trpc.evaluations.choices.queryOptions());
  return (
    <Page
      name="Evaluations"
      answer="What do you want to compare?"
      note="Every candidate answers every example; what was answered before is not asked again."
      actions={<ButtonLink href="/evaluations">All evaluations</ButtonLink>}
    >
      {choices.data ? (
        <NewEvaluation choices={choices.data} asked={asked} />
      ) : (
        <Panel>
          <Skeleton className="h-48" />
        </Panel>
      )}
    </Page>
  );
}

function NewEvaluation({ asked, choices }: { readonly choices: Choices; readonly asked: Asked }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [dataset, setDataset] = useState(asked.dataset ?? choices.datasets[0]?.name ?? "");
  const [evaluators, setEvaluators] = useState<readonly string[]>([asked.evaluator ?? "normalised"]);
  const [maxTokens, setMaxTokens] = useState("32");
  const [split, setSplit] = useState("");
  const [stopEarly, setStopEarly] = useState(false);
  const [chosen, setChosen] = useState<Chosen>(() => ({
    models: asked.models ?? (asked.prompts ? [] : choices.models.slice(0, 2).map(({ name }) => name)),
    prompts: asked.prompts ?? [],
  }));
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const create = useMutation(
    trpc.evaluations.create.mutationOptions({
      onSuccess: ({ evaluation }) => router.push(`/evaluations/${evaluation}`),
    }),
  );
  const refusal = create.error ? problemOf(create.error) : undefined;
  const found = choices.datasets.find(({ name }) => name === dataset);
  const rows = found?.rows ?? 0;
  const candidates = candidatesOf(chosen, drafts, Number(maxTokens) || 32, choices.prompts);
  const splits = found?.splits.filter((one) => ["train", "validation", "test"].includes(one)) ?? [];

  if (choices.datasets.length === 0) {
    return (
      <Notice tone="neutral" hint="The page Evaluations has a small one to try it with; Datasets imports yours.">
        There is no dataset yet.
      </Notice>
    );
  }
  return (
    <form
      className="grid gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        const part = split === "train" || split === "validation" || split === "test" ? split : null;
        create.mutate({ dataset, evaluators: [...evaluators], candidates, split: part, stopEarly });
      }}
    >
      <Panel title="Examples">
        <div className="grid items-start gap-4 sm:grid-cols-3">
          <Field label="Dataset" hint={`${rows.toLocaleString("en")} examples, its newest version`}>
            {(control) => (
              <Select {...control} value={dataset} onChange={({ target }) => setDataset(target.value)}>
                {choices.datasets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Part of it" hint="Compare on what nothing was trained on">
            {(control) => (
              <Select {...control} value={split} onChange={({ target }) => setSplit(target.value)}>
                <option value="">All of it</option>
                {splits.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Longest answer" hint="in tokens, where a prompt does not say">
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
      <EvaluatorChoice choices={choices} chosen={evaluators} onChange={setEvaluators} />
      <CandidateChoice choices={choices} chosen={chosen} onChange={setChosen} />
      {drafts.map((draft, index) => (
        <DraftPanel
          key={draft.key}
          draft={draft}
          number={index + 1}
          models={choices.models.map(({ name }) => name)}
          onChange={(part) => setDrafts(drafts.map((one) => (one.key === draft.key ? { ...one, ...part } : one)))}
          onRemove={() => setDrafts(drafts.filter(({ key }) => key !== draft.key))}
        />
      ))}
      <Panel title="Candidates" note={`${candidates.length} of at most ${mostCandidates}`}>
        <div className="grid gap-4">
          {candidates.length === 0 ? (
            <p className="text-ink-2">Choose a model or a prompt above.</p>
          ) : (
            <p className="flex flex-wrap gap-1.5">
              {candidates.map(({ name }) => (
                <Badge key={name}>{name}</Badge>
              ))}
            </p>
          )}
          <Button
            size="sm"
            className="justify-self-start"
            onClick={() =>
              setDrafts([
                ...drafts,
                {
                  key: Math.max(0, ...drafts.map(({ key }) => key)) + 1,
                  name: "",
                  model: choices.models[0]?.name ?? "",
                  instruction: "",
                },
              ])
            }
          >
            <Plus /> With an instruction of its own
          </Button>
          <Switch
            label="Stop when the answer is clear"
            hint="By a test that stays valid while it is looked at; it spares examples"
            checked={stopEarly}
            onChange={setStopEarly}
          />
        </div>
      </Panel>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          kind="primary"
          type="submit"
          disabled={create.isPending || candidates.length === 0 || candidates.length > mostCandidates}
        >
          Compare on {rows.toLocaleString("en")} examples
        </Button>
        {candidates.length > mostCandidates ? (
          <span className="text-bad text-xs">At most {mostCandidates} at once: take some away.</span>
        ) : null}
      </div>
    </form>
  );
}
