"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { draftFields, draftOf, emptyDraft, type PriceDraft, pricesOf } from "./price-draft.ts";
import type { PriceVersion } from "./types.ts";
import { WouldCost } from "./would-cost.tsx";

export interface PricesDialogProps {
  /** The newest first. */
  readonly versions: readonly PriceVersion[];
  readonly onClose: () => void;
}

const labels: Readonly<Record<(typeof draftFields)[number], string>> = {
  input: "Input, $ / M",
  cachedInput: "Cached, $ / M",
  output: "Output, $ / M",
  perHour: "Hour, $",
  margin: "Margin, %",
};

/** The next version of the prices, beginning with the newest. */
export function PricesDialog({ versions, onClose }: PricesDialogProps) {
  const form = useId();
  const trpc = useTRPC();
  const client = useQueryClient();
  const models = useQuery(trpc.models.list.queryOptions());
  const [newest] = versions;
  const [drafts, setDrafts] = useState(newest ? newest.prices.map(draftOf) : [{ ...emptyDraft("first"), target: "*" }]);
  const [made, setMade] = useState(0);
  const [note, setNote] = useState("");
  const [from, setFrom] = useState("");
  const later = versions
    .map(({ effectiveFrom }) => new Date(effectiveFrom))
    .filter((at) => at > new Date())
    .sort((a, b) => a.getTime() - b.getTime())[0];
  const [until, setUntil] = useState(() => (later ? localMoment(later) : ""));
  const [problem, setProblem] = useState<string>();
  const save = useMutation(
    trpc.billing.setPrices.mutationOptions({
      onSuccess: ({ version }) => {
        void client.invalidateQueries({ queryKey: trpc.billing.prices.queryKey() });
        toast({
          tone: "good",
          text: `Version ${version} of the prices is saved.`,
          hint: "What has happened keeps its price.",
        });
        onClose();
      },
    }),
  );
  const refusal = save.error ? problemOf(save.error) : undefined;
  const set = (key: string, part: Partial<PriceDraft>) =>
    setDrafts((all) => all.map((draft) => (draft.key === key ? { ...draft, ...part } : draft)));

  function submit(event: FormEvent) {
    event.preventDefault();
    const prices = pricesOf(drafts);
    const begins = from === "" ? undefined : new Date(from);
    if (typeof prices === "string") return setProblem(prices);
    const ends = until === "" ? undefined : new Date(until);
    if (begins && Number.isNaN(begins.getTime())) return setProblem("Choose a day and an hour, or leave it empty.");
    setProblem(undefined);
    save.mutate({
      prices,
      note,
      seenVersion: newest?.version ?? 0,
      ...(begins && { effectiveFrom: begins.toISOString() }),
      // What begins after all that is entered ends with nothing.
      ...(ends && later && !(begins && begins >= later) && { effectiveUntil: ends.toISOString() }),
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      shape="wide"
      title={newest ? `Prices, version ${newest.version + 1}` : "Prices, the first version"}
      description="Dollars per million tokens. The alias's price goes before the model's, and * is for everything else."
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" form={form} disabled={save.isPending}>
            Save as version {(newest?.version ?? 0) + 1}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <datalist id={`${form}-names`}>
          {models.data?.models.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <ul className="grid gap-3">
          {drafts.map((draft) => (
            <li key={draft.key} className="grid gap-3 rounded-md border border-line p-3">
              <div className="flex items-end gap-2">
                <Field label="For" className="grow">
                  {(control) => (
                    <Input
                      {...control}
                      list={`${form}-names`}
                      autoComplete="off"
                      maxLength={200}
                      value={draft.target}
                      onChange={(event) => set(draft.key, { target: event.currentTarget.value })}
                    />
                  )}
                </Field>
                <IconButton
                  label={`Remove the price of ${draft.target || "this line"}`}
                  onClick={() => setDrafts((all) => all.filter(({ key }) => key !== draft.key))}
                >
                  <Trash2 />
                </IconButton>
              </div>
              <div className="grid grid-cols-2 gap-3 sm:grid-cols-5">
                {draftFields.map((field) => (
                  <Field key={field} label={labels[field]}>
                    {(control) => (
                      <Input
                        {...control}
                        inputMode="decimal"
                        autoComplete="off"
                        value={draft[field]}
                        onChange={(event) => set(draft.key, { [field]: event.currentTarget.value })}
                      />
                    )}
                  </Field>
                ))}
              </div>
            </li>
          ))}
        </ul>
        <Button
          className="justify-self-start"
          size="sm"
          onClick={() => {
            setDrafts((all) => [...all, emptyDraft(`new-${made}`)]);
            setMade(made + 1);
          }}
        >
          <Plus /> Another price
        </Button>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Begins" hint="Empty: now. Never in the past.">
            {(control) => (
              <Input
                {...control}
                type="datetime-local"
                value={from}
                onChange={(event) => setFrom(event.currentTarget.value)}
              />
            )}
          </Field>
          {later ? (
            <Field label="Ends" hint="As the version begins that is entered already.">
              {(control) => (
                <Input
                  {...control}
                  type="datetime-local"
                  value={until}
                  onChange={(event) => setUntil(event.currentTarget.value)}
                />
              )}
            </Field>
          ) : null}
          <Field label="Note" hint="Why the prices change.">
            {(control) => (
              <Input
                {...control}
                maxLength={500}
                value={note}
                onChange={(event) => setNote(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <WouldCost prices={whole(pricesOf(drafts))} />
        {problem ? <Notice tone="bad">{problem}</Notice> : null}
        {refusal && !problem ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}

/** As the field for a day and an hour has it: local time, to the minute. */
function localMoment(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Prices that can be reckoned with; undefined while something of them is half typed. */
function whole(prices: ReturnType<typeof pricesOf>): Exclude<ReturnType<typeof pricesOf>, string> | undefined {
  return typeof prices === "string" ? undefined : prices;
}
