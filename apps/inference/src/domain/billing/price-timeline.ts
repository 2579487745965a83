import type { PriceBookInfo, PriceEntry } from "@tugboat/db";
import { entryFor, versionAt } from "./price.ts";

export interface NewTime {
  readonly from: Date;
  /** When something else is to be in force; undefined: until something else is. */
  readonly until: Date | undefined;
}

/**
 * What is wrong with the time of a new version of the prices, as a sentence that names the days; undefined where at each
 * moment exactly one version is in force. One that begins with another that has not begun yet takes its place.
 * @param versions those there are, in whichever order
 */
export function timeProblem(
  versions: readonly Pick<PriceBookInfo, "version" | "effectiveFrom">[],
  { from, until }: NewTime,
): string | undefined {
  if (until !== undefined && until <= from) return `The prices would end on ${dayOf(until)}, before they begin.`;
  const next = versions
    .filter(({ effectiveFrom }) => effectiveFrom > from)
    .sort((a, b) => a.effectiveFrom.getTime() - b.effectiveFrom.getTime() || b.version - a.version)[0];
  if (next === undefined) {
    if (until === undefined) return undefined;
    return `Nothing would have a price from ${dayOf(until)} on: leave the end out, or first enter the prices that begin then.`;
  }
  const begins = dayOf(next.effectiveFrom);
  if (until === undefined || until > next.effectiveFrom) {
    const last = until === undefined ? "" : ` to ${dayOf(until)}`;
    return `From ${begins}${last} these prices would overlap version ${next.version}, which begins then: let them end on ${begins}.`;
  }
  if (until < next.effectiveFrom) {
    return `Nothing would have a price from ${dayOf(until)} to ${begins}, when version ${next.version} begins: let these prices end on ${begins}.`;
  }
  return undefined;
}

/**
 * What was used lately and has a price until then, but would have none from there on; undefined where nothing is.
 * @param used what was asked for and what served it
 */
export function priceGap(
  versions: readonly PriceBookInfo[],
  prices: readonly PriceEntry[],
  from: Date,
  used: readonly { readonly model: string; readonly target: string }[],
): string | undefined {
  const before = versionAt(versions, from)?.prices ?? [];
  const lost = used.filter(
    ({ model, target }) =>
      entryFor(before, model, target) !== undefined && entryFor(prices, model, target) === undefined,
  );
  const names = [...new Set(lost.map(({ model }) => model))].sort();
  if (names.length === 0) return undefined;
  const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return `From ${dayOf(from)} on nothing would price ${shown}, used in the last 30 days: give a price, 0 for what is free, or one for * (everything else).`;
}

/** A day where it begins at midnight (UTC), else with its time. */
function dayOf(at: Date): string {
  const text = at.toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : `${text.slice(0, 16).replace("T", " ")} UTC`;
}
