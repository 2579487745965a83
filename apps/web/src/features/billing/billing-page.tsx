"use client";

import { useQuery } from "@tanstack/react-query";
import { money } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { SettingsNav } from "../settings/settings-nav.tsx";
import { AgreementPanel } from "./agreement-panel.tsx";
import { AlertsPanel } from "./alerts-panel.tsx";
import { BillsPanel } from "./bills-panel.tsx";
import { BudgetsPanel } from "./budgets-panel.tsx";
import { CurrencyPanel } from "./currency-panel.tsx";
import { InvoicesPanel } from "./invoices-panel.tsx";
import { MonthPanel } from "./month-panel.tsx";
import { PricesPanel } from "./prices-panel.tsx";
import { ReconciliationPanel } from "./reconciliation-panel.tsx";
import type { Budget } from "./types.ts";
import { WhatIfPanel } from "./what-if-panel.tsx";

export function BillingPage() {
  const { may } = useSession();
  const allowed = may("billing:read");
  const trpc = useTRPC();
  const prices = useQuery(trpc.billing.prices.queryOptions(undefined, { enabled: allowed }));
  const budgets = useQuery(trpc.billing.budgets.queryOptions(undefined, { enabled: allowed, refetchInterval: 10_000 }));
  const error = prices.error ?? budgets.error;
  return (
    <Page
      name="Settings"
      answer={answer(prices.data?.inForce, budgets.data?.budgets)}
      note="Prices apply to what comes; budgets are days or calendar months by UTC."
    >
      <SettingsNav />
      {allowed ? null : (
        <Notice tone="warn" hint="Owners, admins and the billing role do; ask one of them.">
          Your role may not see prices and budgets.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {allowed ? (
        <>
          <MonthPanel />
          <WhatIfPanel prices={prices.data} />
          <BudgetsPanel budgets={budgets.data?.budgets} mayWrite={may("billing:write")} />
          <PricesPanel prices={prices.data} mayWrite={may("billing:write")} />
          <AgreementPanel mayWrite={may("billing:write")} />
          <InvoicesPanel mayWrite={may("billing:write")} />
          <AlertsPanel mayWrite={may("billing:write")} />
          <ReconciliationPanel />
          <BillsPanel />
          <CurrencyPanel mayWrite={may("billing:write")} />
        </>
      ) : null}
    </Page>
  );
}

function answer(inForce: number | null | undefined, budgets: readonly Budget[] | undefined): string {
  if (inForce === undefined || budgets === undefined) return "What answers cost, and how much may be spent.";
  const whole = budgets.find(({ period, scope }) => scope === "organization" && period === "month");
  if (whole?.amountMicroUsd != null) {
    return `${money(whole.spentMicroUsd)} of ${money(whole.amountMicroUsd)} are spent this month.`;
  }
  return inForce === null
    ? "Nothing has a price yet, so nothing costs anything."
    : `Version ${inForce} of the prices is in force.`;
}
