import type { BudgetState } from "@tugboat/db";
import { expect, it } from "vitest";
import { budgetAlerts } from "./budget-alerts.ts";

const now = new Date("2026-11-20T12:00:00Z");
const day: BudgetState = {
  ...{ id: "d", organizationId: "o", scope: "task", subjectId: "t", period: "day", span: "2026-11-20" },
  ...{ amountMicroUsd: null, tokens: 100n, warnPercent: 80, createdAt: now, updatedAt: now },
  ...{ spentPicoUsd: 0n, usedTokens: 100n },
};

it("tells of a day's budget each day anew, and apart from the month's", () => {
  const told = (budgets: BudgetState[]) => budgetAlerts(budgets, () => "triage", "http://console");
  const month: BudgetState = { ...day, id: "m", period: "month", span: "2026-11", tokens: 150n };
  const [today, thisMonth] = told([day, month]);
  expect(today?.title).toBe("The budget a day of task triage is used up");
  expect(today?.text).toContain("100 tokens of 100 tokens in 2026-11-20 (UTC).");
  expect(today?.text).toContain("refused with 429 until the day ends");
  expect(thisMonth?.title).toBe("50 % of the budget of task triage are used");
  const [tomorrow] = told([{ ...day, span: "2026-11-21" }]);
  expect(new Set([today?.key, thisMonth?.key, tomorrow?.key]).size).toBe(3);
  expect(told([{ ...day, span: "2026-11-21", usedTokens: 0n }])).toEqual([]);
});
