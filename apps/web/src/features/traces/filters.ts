/** What the list is narrowed to, as its address holds it. */
export interface TraceFilters {
  readonly range: RangeId;
  readonly text: string;
  readonly status: StatusId | "";
  readonly model: string;
  readonly key: string;
  readonly user: string;
  readonly cache: CacheId | "";
  readonly feedback: FeedbackId | "";
  /** At least so many ms. */
  readonly slower: string;
  /** At least so many dollars. */
  readonly dearer: string;
}

export const ranges = [
  { id: "1h", name: "Last hour", ms: 3_600_000 },
  { id: "24h", name: "24 hours", ms: 86_400_000 },
  { id: "7d", name: "7 days", ms: 7 * 86_400_000 },
  { id: "30d", name: "30 days", ms: 30 * 86_400_000 },
] as const;
export type RangeId = (typeof ranges)[number]["id"];

export const statuses = [
  { id: "done", name: "Answered" },
  { id: "not-done", name: "Anything else" },
  { id: "error", name: "Failed" },
  { id: "refused", name: "Refused" },
  { id: "aborted", name: "Client left" },
] as const;
export type StatusId = (typeof statuses)[number]["id"];

export const caches = [
  { id: "hit", name: "Given before" },
  { id: "semantic", name: "Given before to what means the same" },
  { id: "prefix", name: "Part of the prompt was cached" },
  { id: "miss", name: "Nothing was cached" },
] as const;
export type CacheId = (typeof caches)[number]["id"];

export const opinions = [
  { id: "good", name: "Liked" },
  { id: "bad", name: "Disliked or corrected" },
  { id: "any", name: "Anything said" },
] as const;
export type FeedbackId = (typeof opinions)[number]["id"];

export const noFilters: TraceFilters = {
  range: "24h",
  text: "",
  status: "",
  model: "",
  key: "",
  user: "",
  cache: "",
  feedback: "",
  slower: "",
  dearer: "",
};

const texts = ["text", "model", "key", "user"] as const;

/** Reads an address. What can't be meant is left out. */
export function readFilters(params: URLSearchParams): TraceFilters {
  const said = (name: string) => (params.get(name) ?? "").trim().slice(0, 200);
  const one = <Id extends string>(choices: readonly { readonly id: Id }[], name: string) =>
    choices.find(({ id }) => id === params.get(name))?.id;
  const number = (name: string) => (/^\d{1,9}(\.\d{1,6})?$/.test(said(name)) ? said(name) : "");
  return {
    range: one(ranges, "range") ?? noFilters.range,
    status: one(statuses, "status") ?? "",
    cache: one(caches, "cache") ?? "",
    feedback: one(opinions, "feedback") ?? "",
    slower: number("slower"),
    dearer: number("dearer"),
    ...(Object.fromEntries(texts.map((name) => [name, said(name)])) as Pick<TraceFilters, (typeof texts)[number]>),
  };
}

/** The query of an address, with a question mark, or nothing. */
export function writeFilters(filters: TraceFilters): string {
  const said = Object.entries(filters).filter(
    ([name, value]) => value !== "" && !(name === "range" && value === "24h"),
  );
  const text = new URLSearchParams(said).toString();
  return text === "" ? "" : `?${text}`;
}

/** How many of them narrow the list, beside the time. */
export function narrowing(filters: TraceFilters): number {
  return Object.entries(filters).filter(([name, value]) => name !== "range" && value !== "").length;
}

/** The filters as the service takes them. The beginning is rounded, so that the same range asks for the same for a while. */
export function toQuery(filters: TraceFilters, now: number) {
  const { cache, dearer, feedback, key, model, range, slower, status, text, user } = filters;
  const ms = ranges.find(({ id }) => id === range)?.ms ?? 0;
  const from = Math.floor((now - ms) / 60_000) * 60_000;
  return {
    from: new Date(from).toISOString(),
    ...(text && { text }),
    ...(status && { status }),
    ...(model && { model }),
    ...(isId(key) && { key }),
    ...(isId(user) && { user }),
    ...(cache && { cache }),
    ...(feedback && { feedback }),
    ...(slower && { minMs: Number(slower) }),
    ...(dearer && { minCostMicroUsd: Number(dearer) * 1e6 }),
  };
}

function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
