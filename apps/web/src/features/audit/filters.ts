/** What the audit log is narrowed to, as its address holds it. Days are the reader's own: `2026-03-02`. */
export interface AuditFilters {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  /** The first day. */
  readonly from?: string;
  /** The last day, included. */
  readonly to?: string;
}

const names = ["actor", "action", "subject", "from", "to"] as const;
const longest = { actor: 64, action: 64, subject: 200, from: 10, to: 10 } as const;

/** Reads an address. What can't be meant is left out. */
export function readFilters(params: URLSearchParams): AuditFilters {
  const found: [string, string][] = [];
  for (const name of names) {
    const value = params.get(name)?.trim() ?? "";
    if (value === "" || value.length > longest[name]) continue;
    if ((name === "from" || name === "to") && startOfDay(value) === undefined) continue;
    found.push([name, value]);
  }
  return Object.fromEntries(found);
}

/** The query of an address, with a question mark, or nothing. */
export function writeFilters(filters: AuditFilters, cursor?: string): string {
  const params = new URLSearchParams();
  for (const name of names) {
    const value = filters[name]?.trim();
    if (value) params.set(name, value);
  }
  if (cursor) params.set("cursor", cursor);
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** The filters as the service takes them: moments in UTC, the end excluded. */
export function toQuery({ from, to, ...rest }: AuditFilters): {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
} {
  const first = from === undefined ? undefined : startOfDay(from);
  const last = to === undefined ? undefined : startOfDay(to);
  last?.setDate(last.getDate() + 1);
  return { ...rest, ...(first && { from: first.toISOString() }), ...(last && { to: last.toISOString() }) };
}

/** A sentence when the days can't be meant together. */
export function daysProblem({ from, to }: AuditFilters): string | undefined {
  return from && to && from > to ? "The last day lies before the first." : undefined;
}

function startOfDay(day: string): Date | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)?.map(Number) ?? [];
  if (year === undefined || month === undefined || date === undefined) return undefined;
  const moment = new Date(year, month - 1, date);
  return moment.getMonth() === month - 1 && moment.getDate() === date ? moment : undefined;
}
