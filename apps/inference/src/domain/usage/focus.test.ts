import { parse } from "csv-parse/sync";
import { parquetReadObjects } from "hyparquet";
import { expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { focusColumns, focusCsv, focusRows } from "./focus.ts";
import { focusParquet } from "./focus-parquet.ts";
import { foldEvents } from "./rollup.ts";

const organizationId = "0190f6a2-7c1e-7b3d-9f00-123456789012";
const facts = { organizationId, organization: "Ada's", nameOf: () => "Spender" };
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
  const csv = focusCsv(hours, facts);
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

it("is the same as Parquet, read back by another's reader, with the exact amount", async () => {
  const at = new Date("2026-02-28T23:59:00Z");
  const hours = foldEvents([
    usageEvent(organizationId, { at, amountPicoUsd: 9_007_199_254_740_993n, model: 'a, "b"' }),
    usageEvent(organizationId, { at: new Date(at.getTime() - 7_200_000), inputTokens: 7 }),
  ]);
  const read = (bytes: Uint8Array) => parquetReadObjects({ file: new Uint8Array(bytes).buffer });
  const rows = await read(focusParquet(hours, facts));
  expect(rows.map((row) => row.x_AmountPicoUsd)).toEqual([1_500_000n, 9_007_199_254_740_993n]);
  const lines = focusRows(hours, facts);
  expect(rows.map((row) => row.ChargeDescription)).toEqual(lines.map((row) => row.ChargeDescription));
  expect(rows.map((row) => row.ChargePeriodStart)).toEqual(lines.map((row) => new Date(row.ChargePeriodStart)));
  expect(rows.map((row) => row.ConsumedQuantity)).toEqual([12, 15]);
  expect(Object.keys(rows[0] ?? {})).toEqual([...focusColumns, "x_AmountPicoUsd"]);
  expect(await read(focusParquet([], facts))).toEqual([]);
});
