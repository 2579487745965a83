"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { dollarsText, microUsdOf } from "../../ui/money.ts";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Budget } from "./types.ts";

export interface BudgetDialogProps {
  /** The one to change; a new one when left out. */
  readonly budget?: Budget;
  /** Those that there are. */
  readonly taken: readonly Budget[];
  readonly onClose: () => void;
}

const periods = ["month", "day"] as const;

/** A budget's subject in one text, for the choice of it. */
const keyOf = ({ scope, subjectId }: Pick<Budget, "scope" | "subjectId">) => `${scope}/${subjectId}`;

export function BudgetDialog({ budget, taken, onClose }: BudgetDialogProps) {
  const form = useId();
  const { organization, may } = useSession();
  const trpc = useTRPC();
  const client = useQueryClient();
  const projects = useQuery(trpc.projects.list.queryOptions({}, { enabled: !budget && may("projects:read") }));
  const keys = useQuery(trpc.keys.list.queryOptions(undefined, { enabled: !budget && may("keys:read") }));
  const tasks = useQuery(trpc.tasks.list.queryOptions(undefined, { enabled: !budget && may("tasks:read") }));
  const subjects = [
    ...(organization ? [{ scope: "organization" as const, subjectId: organization.id, name: organization.name }] : []),
    ...(projects.data?.projects ?? []).map(({ id, name }) => ({ scope: "project" as const, subjectId: id, name })),
    ...(keys.data?.keys ?? [])
      .filter(({ revokedAt }) => revokedAt === null)
      .map(({ id, name }) => ({ scope: "key" as const, subjectId: id, name })),
    ...(tasks.data?.tasks ?? []).map(({ id, name }) => ({ scope: "task" as const, subjectId: id, name })),
  ];
  const [chosen, setChosen] = useState<string>();
  const [period, setPeriod] = useState(budget?.period ?? "month");
  const isTaken = (one: Pick<Budget, "scope" | "subjectId">) =>
    taken.some((known) => keyOf(known) === keyOf(one) && known.period === period);
  const [amount, setAmount] = useState(budget?.amountMicroUsd == null ? "" : dollarsText(budget.amountMicroUsd));
  const [tokens, setTokens] = useState(budget?.tokens?.toString() ?? "");
  const [warn, setWarn] = useState(String(budget?.warnPercent ?? 80));
  const [tried, setTried] = useState(false);
  const subject =
    budget ?? subjects.find((one) => keyOf(one) === chosen) ?? subjects.find((one) => !isTaken(one)) ?? subjects[0];
  const done = (said: string) => {
    void client.invalidateQueries({ queryKey: trpc.billing.budgets.queryKey() });
    toast({ tone: "good", text: said });
    onClose();
  };
  const set = useMutation(
    trpc.billing.setBudget.mutationOptions({
      onSuccess: (made) =>
        done(
          made ? `The budget a ${period} of ${subject?.name ?? ""} holds from now on.` : "The budget was taken away.",
        ),
    }),
  );
  const refusal = set.error ? problemOf(set.error) : undefined;

  const micro = amount.trim() === "" ? null : microUsdOf(amount);
  const most = tokens.trim() === "" ? null : Number(tokens.replaceAll(/[\s,]/g, ""));
  const percent = Number(warn);
  const problems = {
    subject:
      !budget && subject && isTaken(subject)
        ? `${subject.name} has a budget a ${period} already. Change that one, or choose another period.`
        : undefined,
    amount: micro === undefined ? "An amount of dollars, such as 25 or 0.50." : undefined,
    tokens: most !== null && !(Number.isSafeInteger(most) && most >= 0) ? "A whole number of tokens." : undefined,
    warn: Number.isInteger(percent) && percent >= 1 && percent <= 100 ? undefined : "A whole number from 1 to 100.",
    none: !budget && micro === null && most === null ? "Give an amount, or tokens, or both." : undefined,
  };

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (subject === undefined || micro === undefined || Object.values(problems).some(Boolean)) return;
    set.mutate({
      scope: subject.scope,
      subjectId: subject.subjectId,
      period,
      amountMicroUsd: micro,
      tokens: most,
      warnPercent: percent,
      updatedAt: budget?.updatedAt ?? null,
    });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={budget ? `Budget a ${period} of ${budget.name}` : "New budget"}
      description={
        budget
          ? `When it is used up, requests are refused until the next ${period} (UTC) begins.`
          : "For a day or a calendar month, UTC. When it is used up, requests are refused until the next one begins."
      }
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" form={form} disabled={set.isPending}>
            {budget ? "Change" : "Create"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        {budget ? null : (
          <div className="grid items-start gap-4 sm:grid-cols-[2fr_1fr]">
            <Field label="For" problem={tried || chosen !== undefined ? problems.subject : undefined}>
              {(control) => (
                <Select
                  {...control}
                  data-first-focus
                  value={subject ? keyOf(subject) : ""}
                  onChange={(event) => setChosen(event.currentTarget.value)}
                >
                  {subjects.map((one) => (
                    <option key={keyOf(one)} value={keyOf(one)}>
                      {one.name} ({one.scope})
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label="Period">
              {(control) => (
                <Select
                  {...control}
                  value={period}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    setPeriod(periods.find((one) => one === value) ?? "month");
                  }}
                >
                  <option value="month">A month</option>
                  <option value="day">A day</option>
                </Select>
              )}
            </Field>
          </div>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label={`Dollars a ${period}`}
            hint="Empty: no limit."
            problem={tried ? (problems.amount ?? problems.none) : undefined}
          >
            {(control) => (
              <Input
                {...control}
                inputMode="decimal"
                autoComplete="off"
                placeholder="25"
                value={amount}
                onChange={(event) => setAmount(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label={`Tokens a ${period}`} hint="Empty: no limit." problem={tried ? problems.tokens : undefined}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                autoComplete="off"
                value={tokens}
                onChange={(event) => setTokens(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <Field
          label="Warn at, in percent"
          hint="From this share on, answers carry the header x-tugboat-budget-warning."
          problem={tried ? problems.warn : undefined}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={warn}
              onChange={(event) => setWarn(event.currentTarget.value)}
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
