import { parse } from "csv-parse/sync";
import { expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { focusColumns, focusCsv } from "./focus.ts";
import { foldEvents } from "./rollup.ts";

const organizationId = "0190f6a2-7c1e-7b3d-9f00-123456789012";
const key = "0190f6a2-7c1e-7b3d-9f00-123456789013";

it("says what was used in FOCUS' columns, and costs sum up exactly", () => {
  const at = new Date(Date.UTC(2026, 10, 30, 23, 30));
  const hours = foldEvents([
    usageEvent(organizationId, { at, apiKeyId: key, amountPicoUsd: 1n }),
    usageEvent(organizationId, {
      at,
      apiKeyId: key,
      amountPicoUsd: 2_000_000_000_000n,
      inputTokens: 7,
      outputTokens: 3,
    }),
    usageEvent(organizationId, { at: new Date(Date.UTC(2026, 10, 1)), model: 'a "b", c', amountPicoUsd: 5n }),
  ]);
  const csv = focusCsv(hours, { organizationId, organization: "Ada's", nameOf: () => "Spender" });
  const rows: Record<string, string>[] = parse(csv, { columns: true });
  expect(Object.keys(rows[0] ?? {})).toEqual([...focusColumns]);
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatchObject({
    BilledCost: "2.000000000001",
    BillingPeriodStart: "2026-11-01T00:00:00.000Z",
    BillingPeriodEnd: "2026-12-01T00:00:00.000Z",
    ChargePeriodEnd: "2026-12-01T00:00:00.000Z",
    ConsumedQuantity: "25",
    ResourceName: "Spender",
    ServiceCategory: "AI and Machine Learning",
  });
  expect(JSON.parse(rows[1]?.Tags ?? "")).toMatchObject({ requests: 2, key: "Spender" });
  expect(rows[0]?.ChargeDescription).toContain('a "b", c');
});
