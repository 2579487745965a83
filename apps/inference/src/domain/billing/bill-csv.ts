import type { BillLine } from "@tugboat/db";
import { parse } from "csv-parse/sync";
import { z } from "zod";

/** A bill that can't be read, with the line that is wrong. */
export class BillError extends Error {
  override readonly name = "BillError";
  readonly code = "bad-bill";
  readonly hint = "Columns: date, model, input_tokens, output_tokens, cost (dollars); requests may be left out.";
}

const names: Readonly<Record<string, readonly string[]>> = {
  day: ["date", "day", "usage_date", "timestamp", "start_time"],
  model: ["model", "model_name", "sku"],
  requests: ["requests", "num_requests", "num_model_requests", "n_requests"],
  input: ["input_tokens", "prompt_tokens", "n_context_tokens_total", "context_tokens"],
  output: ["output_tokens", "completion_tokens", "n_generated_tokens_total", "generated_tokens"],
  cost: ["cost", "amount", "cost_usd", "amount_usd", "billedcost"],
};

const count = z
  .string()
  .regex(/^\d{1,15}$/, "is no whole number")
  .transform(Number);
const row = z.object({
  day: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}/, "is no date such as 2026-11-23")
    .transform((text) => new Date(`${text.slice(0, 10)}T00:00:00Z`))
    .refine((at) => !Number.isNaN(at.getTime()), "is no date"),
  model: z.string().min(1, "is empty").max(300),
  requests: count.optional(),
  input: count,
  output: count,
  cost: z
    .string()
    .regex(/^\$?\d{1,9}(\.\d{1,12})?$/, "is no amount")
    .transform((text) => {
      const [whole = "0", fraction = ""] = text.replace("$", "").split(".");
      return (
        BigInt(whole) * 1_000_000n +
        BigInt(fraction.slice(0, 6).padEnd(6, "0")) +
        (Number(fraction[6] ?? 0) >= 5 ? 1n : 0n)
      );
    }),
});

/** An upstream's bill: a line for each day and model; several lines of the same are summed up. @throws BillError */
export function readBill(text: string): BillLine[] {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, skip_empty_lines: true, trim: true, relax_column_count: true });
  } catch (cause) {
    throw new BillError(`This is no CSV: ${cause instanceof Error ? cause.message : "it can't be read"}.`, { cause });
  }
  const [header = [], ...lines] = rows;
  const said = header.map((name) => name.toLowerCase().replaceAll(/[\s-]+/g, "_"));
  const at = Object.fromEntries(
    Object.entries(names).map(([field, known]) => [field, said.findIndex((name) => known.includes(name))]),
  );
  const missing = ["day", "model", "input", "output", "cost"].filter((field) => at[field] === -1);
  if (missing.length > 0) throw new BillError(`The bill has no column for ${missing.join(", ")}.`);
  if (lines.length > 100_000) throw new BillError("A bill has at most 100,000 lines.");
  const sums = new Map<string, BillLine>();
  for (const [index, cells] of lines.entries()) {
    const fields = Object.fromEntries(
      Object.entries(at).flatMap(([field, column]) => (column < 0 ? [] : [[field, cells[column] ?? ""]])),
    );
    const parsed = row.safeParse(fields);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new BillError(`Line ${index + 2}: ${issue?.path.join(".")} ${issue?.message}.`);
    }
    const { cost, day, input, model, output, requests } = parsed.data;
    const key = `${day.getTime()} ${model}`;
    const before = sums.get(key);
    sums.set(key, {
      day,
      model,
      requests: requests === undefined ? (before?.requests ?? null) : requests + (before?.requests ?? 0),
      inputTokens: input + (before?.inputTokens ?? 0),
      outputTokens: output + (before?.outputTokens ?? 0),
      amountMicroUsd: cost + (before?.amountMicroUsd ?? 0n),
    });
  }
  return [...sums.values()];
}
