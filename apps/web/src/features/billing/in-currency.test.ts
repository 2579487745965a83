import { expect, it } from "vitest";
import { inCurrency } from "./in-currency.ts";

it.each([
  ["JPY", "151.25", 0, 10_000_000, "¥1,513"],
  ["KWD", "0.307", 3, 10_000_000, "KWD 3.070"],
  ["EUR", "0.92", 2, -1_000_000, "-€0.92"],
])("%s", (code, perUsd, digits, microUsd, text) =>
  expect(inCurrency(microUsd, { code, perUsd, digits }).replace("\u00a0", " ")).toBe(text),
);
