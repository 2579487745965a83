import { expect, it } from "vitest";
import { agreementDraft, agreementOf } from "./agreement-draft.ts";

const agreement = {
  allowanceMicroUsd: 10_500_000,
  minimumMicroUsd: 0,
  tiers: [{ aboveMicroUsd: 100_000_000, discountBasisPoints: 1250 }],
  credits: [{ microUsd: 30_000_000, reason: "Welcome" }],
};

it("is read from the form as it was shown in it", () => {
  expect(agreementOf(agreementDraft("2026-11", agreement))).toEqual(agreement);
  expect(agreementOf(agreementDraft("2026-11", null))).toEqual({
    ...{ allowanceMicroUsd: 0, minimumMicroUsd: 0, tiers: [], credits: [] },
  });
});

it.each([
  [{ allowance: "ten" }, "Allowance and minimum"],
  [{ tiers: [{ key: "a", above: "1", discount: "101" }] }, "Tier 1 takes off"],
  [
    {
      tiers: [
        { key: "a", above: "5", discount: "1" },
        { key: "b", above: "5", discount: "2" },
      ],
    },
    "Tier 2 overlaps tier 1",
  ],
  [{ credits: [{ key: "a", amount: "5", reason: " " }] }, "Credit 1 has a reason"],
])("says what is wrong with %j", (part, sentence) => {
  expect(agreementOf({ ...agreementDraft("2026-11", null), ...part })).toContain(sentence);
});
