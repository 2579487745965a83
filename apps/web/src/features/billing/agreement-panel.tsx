"use client";

import { useQuery } from "@tanstack/react-query";
import { Handshake, Pencil } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { AgreementDialog } from "./agreement-dialog.tsx";
import { MonthUnder } from "./month-under.tsx";
import type { Agreement } from "./types.ts";

/** What was agreed on for whole months, beside the price of each request. */
export function AgreementPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const [editing, setEditing] = useState(false);
  const { data } = useQuery(trpc.agreements.get.queryOptions());
  const month = new Date().toISOString().slice(0, 7);
  const later = data?.versions.filter(({ from }) => from > month) ?? [];
  return (
    <Panel
      title="Agreement"
      note="free allowance, tiers, minimum and credits of whole months"
      padded={false}
      actions={
        mayWrite && data ? (
          <Button size="sm" kind="quiet" onClick={() => setEditing(true)}>
            <Pencil /> {data.agreement ? "Change the agreement" : "Agree on a month"}
          </Button>
        ) : null
      }
    >
      {data === undefined ? <Skeleton className="m-4 h-10" /> : null}
      {data && data.agreement === null && later.length === 0 ? (
        <EmptyState icon={Handshake} title="Nothing is agreed on beyond the prices">
          A month can have a free allowance, discounts that grow with use, a minimum and credits. Each is a line of its
          own on the month's invoice.
        </EmptyState>
      ) : null}
      {data?.agreement ? (
        <div className="grid gap-3 p-4">
          <Terms agreement={data.agreement} />
          <MonthUnder state={data} />
        </div>
      ) : null}
      {later.length > 0 ? (
        <ul className="border-line border-t">
          {later.map(({ agreement, from }) => (
            <li key={from} className="px-4 py-2.5 text-ink-2 text-xs">
              {agreement ? `From ${from} on: ${termsOf(agreement).join(", ")}.` : `Ends before ${from}.`}
            </li>
          ))}
        </ul>
      ) : null}
      {editing && data ? <AgreementDialog state={data} month={month} onClose={() => setEditing(false)} /> : null}
    </Panel>
  );
}

function Terms({ agreement }: { readonly agreement: Agreement }) {
  return (
    <ul className="grid gap-1 sm:grid-cols-2">
      {termsOf(agreement).map((term) => (
        <li key={term}>{term}</li>
      ))}
    </ul>
  );
}

function termsOf({ allowanceMicroUsd, credits, minimumMicroUsd, tiers }: Agreement): string[] {
  const given = credits.reduce((sum, { microUsd }) => sum + microUsd, 0);
  const terms = [
    ...(allowanceMicroUsd > 0 ? [`${money(allowanceMicroUsd)} a month are free`] : []),
    ...tiers.map(
      ({ aboveMicroUsd, discountBasisPoints }) => `${discountBasisPoints / 100} % off above ${money(aboveMicroUsd)}`,
    ),
    ...(minimumMicroUsd > 0 ? [`at least ${money(minimumMicroUsd)} a month`] : []),
    ...(given > 0 ? [`${money(given)} of credits, used up month by month`] : []),
  ];
  return terms.length > 0 ? terms : ["nothing beyond the prices"];
}
