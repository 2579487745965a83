import type { BudgetState, NewAlert } from "@tugboat/db";
import { dollars, toMicroUsd } from "../billing/money.ts";

const thresholds = [50, 80, 100] as const;

/**
 * What budgets tell of themselves: once a month at each half, four fifths and all of what may be used. A budget that is
 * changed tells anew, as its limit is another one.
 * @param nameOf what people call a key, a project or the organization
 */
export function budgetAlerts(
  budgets: readonly BudgetState[],
  nameOf: (budget: BudgetState) => string,
  consoleUrl: string,
): NewAlert[] {
  return budgets.flatMap((budget) => {
    const money = shareOf(toMicroUsd(budget.spentPicoUsd), budget.amountMicroUsd);
    const tokens = shareOf(budget.usedTokens, budget.tokens);
    const percent = Math.max(money, tokens);
    // Only the highest that was reached: whoever is at 100 % need not hear of 50 %.
    const reached = thresholds.findLast((threshold) => percent >= threshold);
    if (reached === undefined) return [];
    const unit = money >= tokens ? "money" : "tokens";
    const limit = unit === "money" ? dollars(budget.amountMicroUsd ?? 0n) : `${budget.tokens} tokens`;
    const used = unit === "money" ? dollars(toMicroUsd(budget.spentPicoUsd)) : `${budget.usedTokens} tokens`;
    const name = nameOf(budget);
    const title =
      reached === 100
        ? `The budget of ${budget.scope} ${name} is used up`
        : `${reached} % of the budget of ${budget.scope} ${name} are used`;
    const end =
      reached === 100 ? " Its requests are refused with 429 until the month ends or the budget is raised." : "";
    return [
      {
        key: `budget:${budget.id}:${budget.month}:${budget.amountMicroUsd}:${budget.tokens}:${reached}`,
        kind: "budget",
        title,
        text: `${used} of ${limit} in ${budget.month} (UTC).${end} ${consoleUrl}/settings/billing`,
        facts: {
          ...{
            scope: budget.scope,
            subjectId: budget.subjectId,
            name,
            month: budget.month,
            percent: Math.floor(percent),
          },
          ...{
            threshold: reached,
            unit,
            limitMicroUsd: budget.amountMicroUsd === null ? null : Number(budget.amountMicroUsd),
          },
          ...{ spentMicroUsd: Number(toMicroUsd(budget.spentPicoUsd)), usedTokens: Number(budget.usedTokens) },
        },
      },
    ];
  });
}

function shareOf(used: bigint, limit: bigint | null): number {
  if (limit === null) return 0;
  return limit === 0n ? 100 : Number((used * 10_000n) / limit) / 100;
}
