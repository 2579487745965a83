"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

const dayMs = 86_400_000;

/** A draft over whole days (UTC); it offers the last month that is over. */
export function InvoiceDialog({ onClose }: { readonly onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => ({ ...lastMonth(new Date()), billTo: "", taxName: "", tax: "0" }));
  const create = useMutation(
    trpc.invoices.create.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.invoices.list.queryKey() });
        onClose();
      },
    }),
  );
  const set = (name: keyof typeof draft) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setDraft({ ...draft, [name]: event.currentTarget.value });
  const tax = /^\d{1,2}([.,]\d{1,2})?$/.test(draft.tax)
    ? Math.round(Number(draft.tax.replace(",", ".")) * 100)
    : undefined;
  const problem = create.error ? problemOf(create.error) : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="New invoice"
      description="It stays a draft until you make it final."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={create.isPending || tax === undefined || draft.to < draft.from}
            onClick={() => {
              const { billTo, from, taxName, to } = draft;
              create.mutate({ from, to, billTo, taxName, taxBasisPoints: tax ?? 0 });
            }}
          >
            {create.isPending ? "Summing up" : "Make the draft"}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {problem ? (
          <Notice tone="bad" hint={problem.hint}>
            {problem.message}
          </Notice>
        ) : null}
        <div className="grid grid-cols-2 gap-3">
          <Field label="First day">
            {(control) => <Input {...control} type="date" value={draft.from} onChange={set("from")} />}
          </Field>
          <Field label="Last day" {...(draft.to < draft.from && { problem: "It lies before the first." })}>
            {(control) => <Input {...control} type="date" value={draft.to} onChange={set("to")} />}
          </Field>
        </div>
        <Field label="Bill to" hint="Name and address, as they are to stand on it.">
          {(control) => <Textarea {...control} rows={3} value={draft.billTo} onChange={set("billTo")} />}
        </Field>
        <div className="grid grid-cols-2 gap-3">
          <Field label="Tax" aside="%" {...(tax === undefined && { problem: "A percentage, such as 19." })}>
            {(control) => <Input {...control} inputMode="decimal" value={draft.tax} onChange={set("tax")} />}
          </Field>
          <Field label="Called">
            {(control) => <Input {...control} placeholder="VAT" value={draft.taxName} onChange={set("taxName")} />}
          </Field>
        </div>
      </div>
    </Dialog>
  );
}

function lastMonth(now: Date): { readonly from: string; readonly to: string } {
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const from = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  return { from: day(from), to: day(end - dayMs) };
}
