"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { agreementDraft, agreementOf } from "./agreement-draft.ts";
import { MonthUnder } from "./month-under.tsx";
import type { AgreementState } from "./types.ts";

export interface AgreementDialogProps {
  readonly state: AgreementState;
  /** This one: `2026-11`. */
  readonly month: string;
  readonly onClose: () => void;
}

/** What holds from a month on; while it is typed it says what the last month would have cost under it. */
export function AgreementDialog({ state, month, onClose }: AgreementDialogProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => agreementDraft(month, state.agreement));
  const [made, setMade] = useState(0);
  const agreement = agreementOf(draft);
  const settled = useDeferredValue(typeof agreement === "string" ? undefined : JSON.stringify(agreement));
  const preview = useQuery(
    trpc.agreements.get.queryOptions(
      { draft: settled ?? "" },
      { enabled: settled !== undefined, placeholderData: keepPreviousData },
    ),
  );
  const save = useMutation(
    trpc.agreements.set.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.agreements.get.queryKey() });
        onClose();
      },
    }),
  );
  const problem = save.error ? problemOf(save.error) : undefined;
  const set = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const another = () => {
    setMade(made + 1);
    return `new-${made}`;
  };
  const text = (label: string, value: string, change: (value: string) => void, hint?: string) => (
    <Field label={label} {...(hint && { hint })}>
      {(control) => (
        <Input
          {...control}
          inputMode="decimal"
          autoComplete="off"
          value={value}
          onChange={(event) => change(event.currentTarget.value)}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      shape="wide"
      title="Agreement"
      description="It applies to invoices over whole calendar months (UTC): first the allowance, then discounts, the minimum, and credits."
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          {state.agreement ? (
            <Button disabled={save.isPending} onClick={() => save.mutate({ from: draft.from, agreement: null })}>
              End it
            </Button>
          ) : null}
          <Button
            kind="primary"
            disabled={save.isPending || typeof agreement === "string"}
            onClick={() => typeof agreement !== "string" && save.mutate({ from: draft.from, agreement })}
          >
            Save the agreement
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
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="From the month" hint="Not one that is billed.">
            {(control) => (
              <Input
                {...control}
                type="month"
                value={draft.from}
                onChange={(event) => set({ from: event.currentTarget.value })}
              />
            )}
          </Field>
          {text("Free a month, $", draft.allowance, (allowance) => set({ allowance }))}
          {text("Least a month, $", draft.minimum, (minimum) => set({ minimum }))}
        </div>
        <ul className="grid gap-3" aria-label="Tiers">
          {draft.tiers.map((tier, index) => {
            const change = (part: Partial<typeof tier>) =>
              set({ tiers: draft.tiers.map((one) => (one.key === tier.key ? { ...one, ...part } : one)) });
            return (
              <li key={tier.key} className="flex items-end gap-2">
                <div className="grid grow grid-cols-2 gap-3">
                  {text(`Tier ${index + 1}: above, $`, tier.above, (above) => change({ above }))}
                  {text("Discount, %", tier.discount, (discount) => change({ discount }))}
                </div>
                <IconButton
                  label={`Remove tier ${index + 1}`}
                  onClick={() => set({ tiers: draft.tiers.filter(({ key }) => key !== tier.key) })}
                >
                  <Trash2 />
                </IconButton>
              </li>
            );
          })}
        </ul>
        <ul className="grid gap-3" aria-label="Credits">
          {draft.credits.map((credit, index) => {
            const change = (part: Partial<typeof credit>) =>
              set({ credits: draft.credits.map((one) => (one.key === credit.key ? { ...one, ...part } : one)) });
            return (
              <li key={credit.key} className="flex items-end gap-2">
                <div className="grid grow grid-cols-2 gap-3">
                  {text(`Credit ${index + 1}, $`, credit.amount, (amount) => change({ amount }))}
                  <Field label="For">
                    {(control) => (
                      <Input
                        {...control}
                        maxLength={200}
                        value={credit.reason}
                        onChange={(event) => change({ reason: event.currentTarget.value })}
                      />
                    )}
                  </Field>
                </div>
                <IconButton
                  label={`Remove credit ${index + 1}`}
                  onClick={() => set({ credits: draft.credits.filter(({ key }) => key !== credit.key) })}
                >
                  <Trash2 />
                </IconButton>
              </li>
            );
          })}
        </ul>
        <div className="flex flex-wrap gap-2">
          <Button
            size="sm"
            onClick={() => set({ tiers: [...draft.tiers, { key: another(), above: "", discount: "" }] })}
          >
            <Plus /> Another tier
          </Button>
          <Button
            size="sm"
            onClick={() => set({ credits: [...draft.credits, { key: another(), amount: "", reason: "" }] })}
          >
            <Plus /> A credit
          </Button>
        </div>
        {typeof agreement === "string" ? (
          <Notice tone="warn">{agreement}</Notice>
        ) : preview.data ? (
          <MonthUnder state={preview.data} />
        ) : null}
      </div>
    </Dialog>
  );
}
