"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { microUsdOf, money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Invoice } from "./types.ts";

/** Gives back a part of an invoice: the invoice stays, a credit note follows it. */
export function CreditDialog({ invoice, onClose }: { readonly invoice: Invoice; readonly onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const credit = useMutation(
    trpc.invoices.credit.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.invoices.list.queryKey() });
        onClose();
      },
    }),
  );
  const microUsd = microUsdOf(amount);
  const problem = credit.error ? problemOf(credit.error) : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={`Credit ${invoice.name}`}
      description={`Of ${money(invoice.netMicroUsd)} before tax. The credit note is final at once.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={credit.isPending || !microUsd || reason.trim() === ""}
            onClick={() => credit.mutate({ id: invoice.id, netMicroUsd: microUsd ?? 0, reason })}
          >
            Make the credit note
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {problem ? <Notice tone="bad">{problem.message}</Notice> : null}
        <Field label="Amount" aside="dollars, before tax">
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              value={amount}
              onChange={(event) => setAmount(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Reason" hint="It stands on the credit note.">
          {(control) => (
            <Input {...control} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
