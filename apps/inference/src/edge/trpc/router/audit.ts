import type { AuditQuery, AuditRecord, OrganizationScope, People } from "@tugboat/db";
import { z } from "zod";
import { csvLine } from "../../../domain/audit/csv.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const when = z.iso.datetime().transform((text) => new Date(text));
const filters = z.object({
  /** A member's id, `key:<id>` or `system`. */
  actor: z.string().max(64).optional(),
  /** The whole action, or its noun with a dot: `keys.`. */
  action: z.string().max(64).optional(),
  subject: z.string().max(200).optional(),
  /** Inclusive. */
  from: when.optional(),
  /** Exclusive. */
  to: when.optional(),
});

const record = z.object({
  id,
  at: moment,
  actor: z.string(),
  actorName: z.string(),
  action: z.string(),
  subject: z.string(),
  address: z.string().nullable(),
  /** What of it changed, as JSON; null for what did not exist. */
  before: z.unknown(),
  after: z.unknown(),
});
type SentRecord = z.output<typeof record>;

/** An export longer than this is cut into several by `from` and `to`. */
const maxExported = 50_000;

export const auditRouter = router({
  /** The newest first. */
  list: orgProcedure("audit:read")
    .input(filters.extend({ cursor: id.optional(), limit: z.int().min(1).max(500).optional() }).optional())
    .output(z.object({ records: z.array(record), nextCursor: id.nullable() }))
    .query(async ({ ctx, input: { cursor, limit = 50, ...query } = {} }) => {
      const found = await ctx.scope.audit.list({ ...query, limit: limit + 1, before: cursor });
      const page = found.slice(0, limit);
      const more = found.length > limit;
      return {
        records: await named(page, ctx.management.database.people),
        nextCursor: more ? (page.at(-1)?.id ?? null) : null,
      };
    }),

  export: orgProcedure("audit:read")
    .input(filters.extend({ format: z.enum(["csv", "jsonl"]) }))
    .output(z.object({ filename: z.string(), contentType: z.string(), content: z.string(), truncated: z.boolean() }))
    .query(async ({ ctx, input: { format, ...query } }) => {
      const found = await everything(ctx.scope, query);
      const records = await named(found, ctx.management.database.people);
      return {
        filename: `audit-${new Date().toISOString().slice(0, 10)}.${format}`,
        contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8",
        content: format === "csv" ? csv(records) : records.map((one) => `${JSON.stringify(one)}\n`).join(""),
        truncated: found.length === maxExported,
      };
    }),
});

async function everything(scope: OrganizationScope, query: AuditQuery): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for (;;) {
    const limit = Math.min(1000, maxExported - all.length);
    if (limit === 0) return all;
    const page = await scope.audit.list({ ...query, limit, before: all.at(-1)?.id });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

async function named(records: readonly AuditRecord[], people: People): Promise<SentRecord[]> {
  const names = await people.names(userIds(records.map(({ actor }) => actor)));
  return records.map(({ actor, address, after, at, before, ...rest }) => ({
    ...rest,
    at: at.toISOString(),
    actor,
    actorName: names.get(actor) ?? actor,
    address: address ?? null,
    before: before ?? null,
    after: after ?? null,
  }));
}

function csv(records: readonly SentRecord[]): string {
  const columns = ["id", "at", "actor", "actorName", "action", "subject", "address", "before", "after"] as const;
  const cell = (value: SentRecord[(typeof columns)[number]]) =>
    value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return [columns, ...records.map((one) => columns.map((column) => cell(one[column])))].map(csvLine).join("");
}
