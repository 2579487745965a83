import { z } from "zod";

/** A currency that amounts are also shown in. Books and bills stay in US dollars. */
export const DisplayCurrency = z.object({
  /** ISO 4217. */
  code: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, "A currency has three letters: EUR."),
  /** How much of it is one US dollar, exactly as somebody entered it. */
  perUsd: z
    .string()
    .trim()
    .regex(/^\d{1,9}(\.\d{1,8})?$/, "A rate such as 0.92 or 151.25, with at most eight places.")
    .refine((text) => /[1-9]/.test(text), "A rate is more than nothing."),
  /** The rate's day. */
  day: z.iso.date("The rate's day: 2026-11-01."),
});
export type DisplayCurrency = z.output<typeof DisplayCurrency>;

/** The key of the setting that holds it. */
export const currencySetting = "billing.currency";
