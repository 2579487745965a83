import { hourOf } from "./rollup.ts";

const hourMs = 3_600_000;
/** A range without a beginning reaches back this far. */
const usualDays = 30;

/** Usage is summed up by hours: a range is widened to whole ones. The default is the last 30 days. */
export function wholeHours(from: Date | undefined, to: Date | undefined, now: Date): { from: Date; to: Date } {
  const end = to ?? now;
  const begin = from ?? new Date(end.getTime() - usualDays * 24 * hourMs);
  const last = hourOf(end);
  return { from: hourOf(begin), to: last < end ? new Date(last.getTime() + hourMs) : last };
}
