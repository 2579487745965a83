"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileText, Plus } from "lucide-react";
import { useState } from "react";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC, useTRPCClient } from "../service/trpc.tsx";
import { CreditDialog } from "./credit-dialog.tsx";
import { InvoiceDialog } from "./invoice-dialog.tsx";
import { saveFile } from "./save-file.ts";
import type { Invoice } from "./types.ts";

const tones: Readonly<Record<Invoice["state"], Tone>> = {
  draft: "neutral",
  final: "accent",
  paid: "good",
  void: "warn",
};

/** Invoices and credit notes, the newest first, with what can be done to each. */
export function InvoicesPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const [adding, setAdding] = useState(false);
  const [credited, setCredited] = useState<Invoice>();
  const { data } = useQuery(trpc.invoices.list.queryOptions());
  return (
    <Panel
      title="Invoices"
      note="what is final never changes"
      padded={false}
      actions={
        mayWrite ? (
          <Button size="sm" kind="quiet" onClick={() => setAdding(true)}>
            <Plus /> New invoice
          </Button>
        ) : null
      }
    >
      {data === undefined ? <Skeleton className="m-4 h-10" /> : null}
      {data?.invoices.length === 0 ? (
        <EmptyState icon={FileText} title="No invoices yet">
          An invoice sums up the usage of a time by model, to the last fraction of a cent. It is a draft until you make
          it final; then it gets the next number and stays as it is.
        </EmptyState>
      ) : null}
      <ul>
        {data?.invoices.map((invoice) => (
          <li
            key={invoice.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-b-0"
          >
            <div className="min-w-40 grow">
              <p className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{invoice.name}</span>
                <Badge tone={tones[invoice.state]}>{invoice.state}</Badge>
              </p>
              <p className="text-ink-3 text-xs">{timeInWords(invoice)}</p>
              <PaymentNote invoice={invoice} />
            </div>
            <span className="text-right font-medium">
              {money(invoice.totalMicroUsd)}
              {invoice.shownIn ? (
                <span className="block font-normal text-ink-3 text-xs">{`≈ ${invoice.shownIn.total}`}</span>
              ) : null}
            </span>
            <Acts invoice={invoice} mayWrite={mayWrite} payable={data.payable} onCredit={() => setCredited(invoice)} />
          </li>
        ))}
      </ul>
      {adding ? <InvoiceDialog onClose={() => setAdding(false)} /> : null}
      {credited ? <CreditDialog invoice={credited} onClose={() => setCredited(undefined)} /> : null}
    </Panel>
  );
}

/** Where it can be paid, and what came of it. */
function PaymentNote({ invoice: { name, payment, state } }: { readonly invoice: Invoice }) {
  if (payment?.state === "odd") return <p className="text-bad text-xs">{payment.note}</p>;
  if (payment?.state !== "open" || state !== "final") return null;
  return (
    <p className="text-xs">
      <a className="underline focus-ring" href={payment.url} target="_blank" rel="noreferrer">
        Payment page of {name}
      </a>{" "}
      <span className="text-ink-3">until {payment.expiresAt.slice(0, 16).replace("T", " ")} UTC</span>
    </p>
  );
}

interface ActsProps {
  readonly invoice: Invoice;
  /** Whether a payment service is set. */
  readonly payable: boolean;
  readonly mayWrite: boolean;
  readonly onCredit: () => void;
}

function Acts({ invoice, mayWrite, payable, onCredit }: ActsProps) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const done = {
    onSuccess: () => queries.invalidateQueries({ queryKey: trpc.invoices.list.queryKey() }),
    onError: (error: unknown) => {
      const { hint, message } = problemOf(error);
      toast({ tone: "bad", text: message, ...(hint && { hint }) });
    },
  };
  const finalize = useMutation(trpc.invoices.finalize.mutationOptions(done));
  const move = useMutation(trpc.invoices.move.mutationOptions(done));
  const discard = useMutation(trpc.invoices.discard.mutationOptions(done));
  const pay = useMutation(trpc.invoices.pay.mutationOptions(done));
  const busy = pay.isPending || finalize.isPending || move.isPending || discard.isPending;
  const seen = { id: invoice.id, updatedAt: invoice.updatedAt };
  const download = (format: "csv" | "pdf") =>
    client.invoices.export.query({ id: invoice.id, format }).then(saveFile, done.onError);
  const act = (label: string, run: () => void) => (
    <Button key={label} size="sm" kind="quiet" disabled={busy} onClick={run} aria-label={`${label} ${invoice.name}`}>
      {label}
    </Button>
  );
  const isDraft = invoice.state === "draft";
  const isBill = invoice.kind === "invoice";
  return (
    <div className="flex flex-wrap gap-1">
      {act("PDF", () => void download("pdf"))}
      {act("CSV", () => void download("csv"))}
      {mayWrite && isDraft ? act("Discard", () => discard.mutate({ id: invoice.id })) : null}
      {mayWrite && isDraft ? act("Make final", () => finalize.mutate(seen)) : null}
      {mayWrite && payable && isBill && invoice.state === "final" && invoice.payment?.state !== "open"
        ? act("Payment page", () => pay.mutate({ id: invoice.id }))
        : null}
      {mayWrite && isBill && invoice.state === "final" ? act("Paid", () => move.mutate({ ...seen, to: "paid" })) : null}
      {mayWrite && isBill && invoice.state === "final" ? act("Void", () => move.mutate({ ...seen, to: "void" })) : null}
      {mayWrite && isBill && (invoice.state === "final" || invoice.state === "paid") && invoice.netMicroUsd > 0
        ? act("Credit", onCredit)
        : null}
    </div>
  );
}

function timeInWords({ from, kind, note, taxMicroUsd, to }: Invoice): string {
  const last = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  const time = `${from.slice(0, 10)} to ${last}`;
  const tax = taxMicroUsd === 0 ? "" : `, ${money(taxMicroUsd)} of it tax`;
  return kind === "credit-note" ? `${time}: ${note}` : `${time}${tax}`;
}
