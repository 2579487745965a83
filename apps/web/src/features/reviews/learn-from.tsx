"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export interface LearnFromProps {
  readonly queue: string;
  readonly kind: "pairs" | "rating";
  readonly evaluation: string;
  readonly may: boolean;
}

/** What people said becomes data: preference pairs, examples, or examples within a prompt. */
export function LearnFrom({ evaluation, kind, may, queue }: LearnFromProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const session = useSession();
  const [dataset, setDataset] = useState(kind === "pairs" ? "reviewed-preferences" : "reviewed-answers");
  const [prompt, setPrompt] = useState("");
  const datasets = useQuery(trpc.datasets.list.queryOptions(undefined, { enabled: may })).data?.datasets ?? [];
  const prompts =
    useQuery(trpc.prompts.list.queryOptions(undefined, { enabled: may && session.may("prompts:write") })).data
      ?.prompts ?? [];
  const collect = useMutation(
    trpc.reviews.collect.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.datasets.pathFilter()) }),
  );
  const show = useMutation(
    trpc.reviews.intoPrompt.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.prompts.pathFilter()) }),
  );
  const failed = collect.error ?? show.error;
  const refusal = failed ? problemOf(failed) : undefined;
  const made = collect.data;
  const what = kind === "pairs" ? "preference pairs" : "examples";
  return (
    <div className="grid gap-3">
      {may ? (
        <form
          className="flex flex-wrap items-center gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            collect.mutate({ queue, dataset: dataset.trim() });
          }}
        >
          <Button type="submit" disabled={collect.isPending || dataset.trim() === ""}>
            Make {what}
          </Button>
          <span className="text-ink-3 text-xs">in the dataset</span>
          <Input
            aria-label="Dataset for them"
            className="w-56"
            list={`datasets-${queue}`}
            value={dataset}
            onChange={({ target }) => setDataset(target.value)}
          />
          <datalist id={`datasets-${queue}`}>
            {datasets.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </form>
      ) : null}
      {may && kind === "rating" && prompts.length > 0 ? (
        <form
          className="flex flex-wrap items-center gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            show.mutate({ queue, prompt: prompt || (prompts[0]?.name ?? "") });
          }}
        >
          <Button type="submit" disabled={show.isPending}>
            Show them in a prompt
          </Button>
          <span className="text-ink-3 text-xs">as its examples, a new version of</span>
          <select
            aria-label="Prompt that shows them"
            className="control-h control-text field-frame px-2.5"
            value={prompt || prompts[0]?.name}
            onChange={({ target }) => setPrompt(target.value)}
          >
            {prompts.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </form>
      ) : null}
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {made ? (
        <p role="status">
          {made.examples === 0 ? "All of them are there already: " : `${made.examples} ${what} are in `}
          <Link href={`/datasets/${encodeURIComponent(made.dataset)}`} className="focus-ring rounded-sm underline">
            {made.dataset}@{made.version}
          </Link>
          .
        </p>
      ) : null}
      {show.data ? (
        <p role="status">
          {show.data.examples} examples are in{" "}
          <Link href={`/prompts/${encodeURIComponent(show.data.prompt)}`} className="focus-ring rounded-sm underline">
            {show.data.prompt}, version {show.data.version}
          </Link>
          .
        </p>
      ) : null}
      <p className="flex flex-wrap gap-2">
        <ButtonLink size="sm" href={`/evaluations/${evaluation}`}>
          The evaluation
        </ButtonLink>
        {made ? (
          <ButtonLink size="sm" href="/tuning/new">
            Tune on them
          </ButtonLink>
        ) : null}
      </p>
    </div>
  );
}
