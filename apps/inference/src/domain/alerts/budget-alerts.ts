import type { BudgetState, NewAlert } from "@tugboat/db";
import { dollars, toMicroUsd } from "../billing/money.ts";

const thresholds = [50, 80, 100] as const;

/**
 * What budgets tell of themselves: once a day or month at each half, four fifths and all of what may be used. A budget that is
 * changed tells anew, as its limit is another one.
 * @param nameOf what people call a key, a project, the organization or a task
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
    // A day's budget is called so; a month's is what one has if nothing is said.
    const which = `budget${budget.period === "day" ? " a day" : ""} of ${budget.scope} ${name}`;
    const title = reached === 100 ? `The ${which} is used up` : `${reached} % of the ${which} are used`;
    const end =
      reached === 100
        ? ` Its requests are refused with 429 until the ${budget.period} ends or the budget is raised.`
        : "";
    return [
      {
        key: `budget:${budget.id}:${budget.span}:${budget.amountMicroUsd}:${budget.tokens}:${reached}`,
        kind: "budget",
        title,
        text: `${used} of ${limit} in ${budget.span} (UTC).${end} ${consoleUrl}/settings/billing`,
        facts: {
          ...{
            scope: budget.scope,
            subjectId: budget.subjectId,
            name,
            period: budget.period,
            span: budget.span,
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
