"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** The currency that amounts are shown in beside US dollars, with the rate somebody entered. */
export function CurrencyPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.currency.get.queryOptions());
  return (
    <Panel title="Another currency" note="for reading; books and bills stay in US dollars">
      {data === undefined ? <Skeleton className="h-10" /> : null}
      {data && !mayWrite ? (
        <p className="text-ink-2">
          {data.currency ? `${data.currency.perUsd} ${data.currency.code} a dollar, ${data.currency.day}` : "None."}
        </p>
      ) : null}
      {data && mayWrite ? <CurrencyForm key={JSON.stringify(data.currency)} now={data.currency} /> : null}
    </Panel>
  );
}

interface CurrencyFormProps {
  readonly now: { readonly code: string; readonly perUsd: string; readonly day: string } | null;
}

function CurrencyForm({ now }: CurrencyFormProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const today = new Date().toISOString().slice(0, 10);
  const [draft, setDraft] = useState({ code: now?.code ?? "", perUsd: now?.perUsd ?? "", day: now?.day ?? today });
  const save = useMutation(
    trpc.currency.set.mutationOptions({
      onSuccess: async ({ currency }) => {
        await queries.invalidateQueries({ queryKey: trpc.currency.get.queryKey() });
        toast({ tone: "good", text: currency ? `Amounts are shown in ${currency.code} too.` : "US dollars alone." });
      },
    }),
  );
  const problem = save.error ? problemOf(save.error) : undefined;
  const fields = [
    { name: "code", label: "Currency", hint: "Three letters, such as EUR or JPY.", type: "text" },
    { name: "perUsd", label: "For one US dollar", hint: "Such as 0.92 or 151.25.", type: "text" },
    { name: "day", label: "Rate of", hint: "It stands beside each amount on invoices.", type: "date" },
  ] as const;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ currency: draft });
  };
  return (
    <form className="grid gap-4" onSubmit={submit} noValidate>
      {problem && Object.keys(problem.fields).length === 0 ? <Notice tone="bad">{problem.message}</Notice> : null}
      <div className="grid gap-4 sm:grid-cols-3">
        {fields.map(({ hint, label, name, type }) => {
          const wrong = problem?.fields[`currency.${name}`];
          return (
            <Field key={name} label={label} hint={hint} {...(wrong && { problem: wrong })}>
              {(control) => (
                <Input
                  {...control}
                  type={type}
                  autoComplete="off"
                  value={draft[name]}
                  onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
                />
              )}
            </Field>
          );
        })}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" type="submit" disabled={save.isPending || draft.code === "" || draft.perUsd === ""}>
          Show amounts in it too
        </Button>
        {now ? (
          <Button size="sm" kind="quiet" disabled={save.isPending} onClick={() => save.mutate({ currency: null })}>
            US dollars alone
          </Button>
        ) : null}
      </div>
    </form>
  );
}
