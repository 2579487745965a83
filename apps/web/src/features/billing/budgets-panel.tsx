"use client";

import { Pencil, Plus, Wallet } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { formatCount } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { BudgetDialog } from "./budget-dialog.tsx";
import type { Budget } from "./types.ts";

export interface BudgetsPanelProps {
  /** Undefined while they are being asked for. */
  readonly budgets: readonly Budget[] | undefined;
  readonly mayWrite: boolean;
}

const scopes = { organization: "Organization", project: "Project", key: "Key", task: "Task" } as const;

export function BudgetsPanel({ budgets, mayWrite }: BudgetsPanelProps) {
  const [open, setOpen] = useState<{ readonly budget?: Budget }>();
  const add = (
    <Button size="sm" kind="quiet" onClick={() => setOpen({})}>
      <Plus /> New budget
    </Button>
  );
  return (
    <Panel
      title="Budgets"
      note="a day or a month; then requests are refused"
      padded={false}
      actions={mayWrite ? add : null}
    >
      {budgets === undefined ? <Skeleton className="m-4 h-10" /> : null}
      {budgets?.length === 0 ? (
        <EmptyState icon={Wallet} title="No budgets yet">
          A budget warns at 80 % of what may be spent a day or a month, and refuses with a clear sentence when it is
          used up: for a key, a project, a task or the whole organization.
        </EmptyState>
      ) : null}
      <ul>
        {budgets?.map((budget) => (
          <li
            key={`${budget.subjectId} ${budget.period}`}
            className="flex items-center gap-4 border-line border-b px-4 py-3 last:border-b-0"
          >
            <div className="grid min-w-0 grow gap-2">
              <p className="flex flex-wrap items-baseline justify-between gap-x-4">
                <span className="min-w-0 truncate">
                  <span className="font-medium">{budget.name}</span>{" "}
                  <span className="text-ink-3 text-xs">
                    {scopes[budget.scope]}, a {budget.period}
                  </span>
                </span>
                <span className="text-ink-2 text-xs">{usedInWords(budget)}</span>
              </p>
              <Used
                share={shareOf(budget)}
                warnAt={budget.warnPercent / 100}
                label={`${budget.name}: used of a ${budget.period}`}
              />
            </div>
            {mayWrite ? (
              <IconButton
                label={`Change the budget a ${budget.period} of ${budget.name}`}
                size="sm"
                onClick={() => setOpen({ budget })}
              >
                <Pencil />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      {open ? <BudgetDialog {...open} taken={budgets ?? []} onClose={() => setOpen(undefined)} /> : null}
    </Panel>
  );
}

function usedInWords({ amountMicroUsd, spentMicroUsd, tokens, usedTokens }: Budget): string {
  const parts = [
    amountMicroUsd === null ? undefined : `${money(spentMicroUsd)} of ${money(amountMicroUsd)}`,
    tokens === null ? undefined : `${formatCount(usedTokens)} of ${formatCount(tokens)} tokens`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Of the limit that is closer. */
function shareOf({ amountMicroUsd, spentMicroUsd, tokens, usedTokens }: Budget): number {
  const share = (used: number, limit: number | null) => (limit === null ? 0 : limit === 0 ? 1 : used / limit);
  return Math.max(share(spentMicroUsd, amountMicroUsd), share(usedTokens, tokens));
}

function Used({ share, warnAt, label }: { readonly share: number; readonly warnAt: number; readonly label: string }) {
  const percent = Math.round(share * 100);
  return (
    <span className="flex items-center gap-3">
      {/* biome-ignore lint/a11y/useSemanticElements: a <meter> looks different in every browser. */}
      <span
        role="meter"
        aria-label={label}
        aria-valuenow={Math.min(100, percent)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 grow overflow-hidden rounded-full bg-pressed"
      >
        <span
          className={cx("block h-full rounded-full", share >= 1 ? "bg-bad" : share >= warnAt ? "bg-warn" : "bg-accent")}
          style={{ width: `${Math.min(100, share * 100)}%` }}
        />
      </span>
      <span
        className={cx(
          "w-11 text-right text-xs",
          share >= 1 ? "text-bad" : share >= warnAt ? "text-warn" : "text-ink-3",
        )}
      >
        {percent} %
      </span>
    </span>
  );
}
