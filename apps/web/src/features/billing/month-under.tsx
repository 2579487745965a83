import { money } from "../../ui/money.ts";
import type { AgreementState } from "./types.ts";

const words = {
  allowance: "free allowance",
  discount: "discount by volume",
  minimum: "up to the minimum",
  "credit-used": "credits",
} as const;

/** What the last month comes to under an agreement, line by line. */
export function MonthUnder({ state }: { readonly state: AgreementState }) {
  const { lines, month, totalMicroUsd, usageMicroUsd } = state.lastMonth;
  const steps = lines.map(
    ({ kind, microUsd }) => `${microUsd < 0 ? "less" : "plus"} ${money(Math.abs(microUsd))} (${words[kind]})`,
  );
  return (
    <p className="text-ink-2 text-xs" aria-live="polite">
      Under it {month} would have cost <span className="font-medium text-ink">{money(totalMicroUsd)}</span>:{" "}
      {[`${money(usageMicroUsd)} of usage`, ...steps].join(", ")}.
    </p>
  );
}
