/** The ranges that the page offers. */
export const ranges = [
  { id: "24h", name: "24 hours", words: "the last 24 hours" },
  { id: "yesterday", name: "Yesterday", words: "the day before, UTC" },
  { id: "7d", name: "7 days", words: "the last 7 days" },
  { id: "30d", name: "30 days", words: "the last 30 days" },
  { id: "month", name: "This month", words: "this month" },
  { id: "90d", name: "90 days", words: "the last 90 days" },
] as const;
export type RangeId = (typeof ranges)[number]["id"];

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** From when to when, in whole hours, so that the same range asks for the same while an hour lasts. Days are UTC. */
export function spanOf(range: RangeId, now: number): { readonly from: string; readonly to: string } {
  const today = Math.floor(now / dayMs) * dayMs;
  const to = range === "yesterday" ? today : (Math.floor(now / hourMs) + 1) * hourMs;
  const from = {
    "24h": to - dayMs,
    yesterday: today - dayMs,
    "7d": today - 6 * dayMs,
    "30d": today - 29 * dayMs,
    month: Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), 1),
    "90d": today - 89 * dayMs,
  }[range];
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

export const groupings = [
  { id: "model", name: "Model", header: "Model" },
  { id: "target", name: "Served by", header: "Served by" },
  { id: "key", name: "Key", header: "Key" },
  { id: "project", name: "Project", header: "Project" },
  { id: "user", name: "Person", header: "Person" },
  { id: "kind", name: "Kind", header: "Kind" },
] as const;
export type GroupingId = (typeof groupings)[number]["id"];

/** What the address says, as far as it makes sense. */
export function readView(params: URLSearchParams): { readonly range: RangeId; readonly by: GroupingId } {
  return {
    range: ranges.find(({ id }) => id === params.get("range"))?.id ?? "7d",
    by: groupings.find(({ id }) => id === params.get("by"))?.id ?? "model",
  };
}
