import { plural } from "../../ui/format.ts";
import type { Difference } from "./types.ts";

export function inAWord(differences: number): string {
  if (differences === 0) return "Everything that finished is recorded, summed up and billed the same.";
  return `${plural(differences, "difference")} between the records: ${differences === 1 ? "it is" : "they are"} listed.`;
}

/** The two records that a difference is between. */
export const between: Readonly<Record<Difference["kind"], string>> = {
  hour: "Requests, events and hourly sums",
  day: "Hourly and daily sums",
  invoice: "Hourly sums and invoices",
  upstream: "Events and an upstream's bill",
};

/** What to do about it. */
export const nextStep: Readonly<Record<Difference["kind"], string>> = {
  hour: "A row is missing or was changed by hand: restore it from a backup, or make the sums anew from the events.",
  day: "Daily sums are made anew as soon as an event of that day comes late.",
  invoice: "What came after an invoice was final is billed by another one over the same time.",
  upstream: "Ask the upstream for its own log of that day.",
};
