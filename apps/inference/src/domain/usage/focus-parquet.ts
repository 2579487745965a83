import type { UsageHour } from "@tugboat/db";
import { parquetWriteBuffer } from "hyparquet-writer";
import { type FocusFacts, focusColumns, focusRows } from "./focus.ts";

const moments: ReadonlySet<string> = new Set([
  "BillingPeriodStart",
  "BillingPeriodEnd",
  "ChargePeriodStart",
  "ChargePeriodEnd",
]);
const numbers: ReadonlySet<string> = new Set([
  "BilledCost",
  "ConsumedQuantity",
  "ContractedCost",
  "EffectiveCost",
  "ListCost",
  "PricingQuantity",
]);

/**
 * The same rows as `focusCsv`, as a Parquet file: moments are timestamps, costs and quantities are doubles, and
 * `x_AmountPicoUsd` is the exact amount in pico-dollars (FOCUS leaves names that begin with `x_` to providers).
 */
export function focusParquet(hours: readonly UsageHour[], facts: FocusFacts): Uint8Array {
  const sorted = [...hours].sort((a, b) => a.hour.getTime() - b.hour.getTime());
  const rows = focusRows(sorted, facts);
  return new Uint8Array(
    parquetWriteBuffer({
      createdBy: "Tugboat",
      columnData: [
        ...focusColumns.map((name) => {
          if (moments.has(name)) {
            return { name, type: "TIMESTAMP" as const, nullable: false, data: rows.map((row) => new Date(row[name])) };
          }
          if (numbers.has(name)) {
            return { name, type: "DOUBLE" as const, nullable: false, data: rows.map((row) => Number(row[name])) };
          }
          return { name, type: "STRING" as const, nullable: false, data: rows.map((row) => row[name]) };
        }),
        {
          name: "x_AmountPicoUsd",
          type: "INT64" as const,
          nullable: false,
          data: sorted.map(({ amountPicoUsd }) => amountPicoUsd),
        },
      ],
    }),
  );
}
