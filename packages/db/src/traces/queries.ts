import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import { type Feedback, type FeedbackInfo, feedbackOf } from "./feedback.ts";
import { slicesOf, wordsOf } from "./search.ts";
import { type SpanInfo, type TraceBody, type TraceInfo, type TraceRow, type TraceStatus, traceInfo } from "./trace.ts";

/** What a list of traces is narrowed to. Times are in microseconds, money in pico-dollars; bounds are inclusive. */
export interface TraceFilter {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly model?: string | undefined;
  readonly target?: string | undefined;
  readonly alias?: string | undefined;
  readonly apiKeyId?: string | undefined;
  readonly userId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly kind?: string | undefined;
  readonly statuses?: readonly TraceStatus[] | undefined;
  readonly cache?: string | undefined;
  readonly leastDurationUs?: number | undefined;
  readonly leastTtftUs?: number | undefined;
  readonly leastPicoUsd?: bigint | undefined;
  /** Words, or beginnings of words, of what was asked and answered. */
  readonly text?: string | undefined;
  /** What people thought of it. */
  readonly feedback?: "good" | "bad" | "any" | undefined;
}

export interface TracePage {
  readonly limit: number;
  /** Only those older than this one. */
  readonly before?: { readonly at: Date; readonly id: string } | undefined;
}

export interface TraceDetail {
  readonly trace: TraceInfo;
  /** Of the whole W3C trace, in the order in which they began. */
  readonly spans: readonly SpanInfo[];
  readonly body: TraceBody | null;
  readonly feedback: readonly FeedbackInfo[];
}

/** An organization's traces. */
export interface Traces {
  readonly feedback: Feedback;
  /** The newest first. */
  list(filter: TraceFilter, page: TracePage): Promise<TraceInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<TraceDetail>;
  /** By its id, or the newest with the caller's own request id. @returns null where there is none */
  find(reference: { readonly traceId?: string; readonly requestId?: string }): Promise<string | null>;
  /** Deletes traces with their spans, bodies and feedback. @returns how many there were */
  remove(ids: readonly string[]): Promise<number>;
}

const columns = Prisma.sql`t.id::text, t.at, t.organization_id::text, t.project_id::text, t.api_key_id::text, t.user_id::text, t.request_id, t.trace_hex,
  t.kind, t.model, t.target, t.alias, t.status, t.http_status, t.error, t.cache, t.input_tokens, t.cached_tokens,
  t.output_tokens, t.ttft_us::text, t.queue_us::text, t.duration_us::text, t.amount_pico_usd::text, t.preview`;
const dayMs = 86_400_000;

export function tracesOf(db: Db, organizationId: string): Traces {
  const mine = Prisma.sql`t.organization_id = ${organizationId}::uuid`;
  const one = async (id: string): Promise<TraceInfo | undefined> => {
    if (!isId(id)) return undefined;
    const rows = await db.$queryRaw<TraceRow[]>`
      SELECT ${columns} FROM trace t WHERE ${mine} AND t.id = ${id}::uuid AND t.at = ${momentOf(id)} LIMIT 1`;
    return rows[0] && traceInfo(rows[0]);
  };
  /** Slice by slice, the newest first: what is common is found in the first, and what is rare by the index of words. */
  const worded = (words: string, filter: TraceFilter, older: Prisma.Sql, { before, limit }: TracePage) =>
    inTransaction(db, async (tx) => {
      // Making the words of every text anew costs more than the planner believes.
      await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
      const found: TraceRow[] = [];
      const to = before && before.at < filter.to ? new Date(before.at.getTime() + 1) : filter.to;
      for (const slice of slicesOf(filter.from, to)) {
        found.push(
          ...(await tx.$queryRaw<TraceRow[]>`
            WITH said AS MATERIALIZED (
              SELECT b.trace_id, b.at FROM trace_body b
               WHERE b.organization_id = ${organizationId}::uuid AND b.at >= ${slice.from} AND b.at < ${slice.to}
                 AND to_tsvector('simple', left(b.input, 20000) || ' ' || left(b.output, 20000)) @@ to_tsquery('simple', ${words}))
            SELECT ${columns} FROM said JOIN trace t ON t.id = said.trace_id AND t.at = said.at
             WHERE ${mine} AND ${conditions(organizationId, { ...filter, ...slice })} ${older}
             ORDER BY t.at DESC, t.id DESC LIMIT ${limit - found.length}`),
        );
        if (found.length >= limit) break;
      }
      await tx.$executeRaw`SET LOCAL enable_seqscan = on`;
      return found.map(traceInfo);
    });
  return {
    feedback: feedbackOf(db, organizationId),

    async list(filter, { before, limit }) {
      const older = before ? Prisma.sql`AND (t.at, t.id) < (${before.at}, ${before.id}::uuid)` : Prisma.empty;
      const words = wordsOf(filter.text);
      if (words !== undefined) return worded(words, filter, older, { before, limit });
      const rows = await db.$queryRaw<TraceRow[]>`
        SELECT ${columns} FROM trace t
         WHERE ${mine} AND ${conditions(organizationId, filter)} ${older}
         ORDER BY t.at DESC, t.id DESC LIMIT ${limit}`;
      return rows.map(traceInfo);
    },

    async get(id) {
      const trace = await one(id);
      if (trace === undefined) {
        throw new DatabaseError("not-found", `There is no trace ${id}.`, {
          hint: "It may have been deleted, or be older than its project keeps traces.",
        });
      }
      const around = (days: number) => new Date(trace.at.getTime() + days * dayMs);
      const [spans, bodies, feedback] = await Promise.all([
        db.$queryRaw<SpanRow[]>`
          SELECT trace_hex, span_id, parent_id, at, at_us, duration_us::text, name, service, failed, attributes FROM span
           WHERE organization_id = ${organizationId}::uuid AND trace_hex = ${trace.traceHex}
             AND at >= ${around(-1)} AND at < ${around(1)}
           ORDER BY at, at_us, duration_us DESC LIMIT 2000`,
        db.$queryRaw<TraceBody[]>`
          SELECT input, output, redacted FROM trace_body
           WHERE trace_id = ${id}::uuid AND at = ${trace.at} AND organization_id = ${organizationId}::uuid`,
        feedbackOf(db, organizationId).of([id]),
      ]);
      return { trace, spans: spans.map(spanInfo), body: bodies[0] ?? null, feedback };
    },

    async find({ traceId, requestId }) {
      if (traceId !== undefined) return (await one(traceId))?.id ?? null;
      const rows = await db.$queryRaw<{ id: string }[]>`
        SELECT t.id::text FROM trace t WHERE ${mine} AND t.request_id = ${requestId ?? ""} ORDER BY t.at DESC LIMIT 1`;
      return rows[0]?.id ?? null;
    },

    async remove(ids) {
      const wanted = ids.filter(isId);
      if (wanted.length === 0) return 0;
      // Spans of a W3C trace go with the last request of it.
      const rows = await db.$queryRaw<{ count: string }[]>`
        WITH gone AS (
          DELETE FROM trace t WHERE ${mine} AND t.id = ANY(${wanted}::uuid[]) RETURNING t.id, t.at, t.trace_hex
        ), bodies AS (
          DELETE FROM trace_body b USING gone
           WHERE b.organization_id = ${organizationId}::uuid AND b.trace_id = gone.id AND b.at = gone.at
        ), spans AS (
          DELETE FROM span s USING gone WHERE s.organization_id = ${organizationId}::uuid AND s.trace_hex = gone.trace_hex
             AND NOT EXISTS (SELECT 1 FROM trace t WHERE ${mine} AND t.trace_hex = gone.trace_hex AND t.id <> ALL(${wanted}::uuid[])
                                AND t.at BETWEEN gone.at - interval '1 day' AND gone.at + interval '1 day')
        ), feedback AS (
          DELETE FROM trace_feedback f USING gone WHERE f.organization_id = ${organizationId}::uuid AND f.trace_id = gone.id
        )
        SELECT count(*)::text AS count FROM gone`;
      return Number(rows[0]?.count ?? 0);
    },
  };
}

function conditions(organizationId: string, filter: TraceFilter): Prisma.Sql {
  const all = [Prisma.sql`t.at >= ${filter.from} AND t.at < ${filter.to}`];
  const id = (text: string) => (isId(text) ? text : "00000000-0000-0000-0000-000000000000");
  if (filter.model !== undefined) all.push(Prisma.sql`t.model = ${filter.model}`);
  if (filter.target !== undefined) all.push(Prisma.sql`t.target = ${filter.target}`);
  if (filter.alias !== undefined) all.push(Prisma.sql`t.alias = ${filter.alias}`);
  if (filter.kind !== undefined) all.push(Prisma.sql`t.kind = ${filter.kind}`);
  if (filter.cache !== undefined) all.push(Prisma.sql`t.cache = ${filter.cache}`);
  if (filter.requestId !== undefined) all.push(Prisma.sql`t.request_id = ${filter.requestId}`);
  if (filter.apiKeyId !== undefined) all.push(Prisma.sql`t.api_key_id = ${id(filter.apiKeyId)}::uuid`);
  if (filter.userId !== undefined) all.push(Prisma.sql`t.user_id = ${id(filter.userId)}::uuid`);
  if (filter.projectId !== undefined) all.push(Prisma.sql`t.project_id = ${id(filter.projectId)}::uuid`);
  const { statuses } = filter;
  if (statuses !== undefined && statuses.length > 0) {
    all.push(Prisma.sql`t.status = ANY(${[...statuses]}::text[])`);
    // In words that the index of failures understands.
    if (!statuses.includes("done")) all.push(Prisma.sql`t.status <> 'done'`);
  }
  if (filter.leastDurationUs !== undefined) all.push(Prisma.sql`t.duration_us >= ${filter.leastDurationUs}`);
  if (filter.leastTtftUs !== undefined) all.push(Prisma.sql`t.ttft_us >= ${filter.leastTtftUs}`);
  if (filter.leastPicoUsd !== undefined) all.push(Prisma.sql`t.amount_pico_usd >= ${filter.leastPicoUsd}`);
  if (filter.feedback !== undefined) {
    const which = {
      good: Prisma.sql`AND f.value >= 0.5`,
      bad: Prisma.sql`AND (f.value < 0.5 OR f.kind = 'correction')`,
    };
    all.push(Prisma.sql`EXISTS (
      SELECT 1 FROM trace_feedback f WHERE f.organization_id = ${organizationId}::uuid AND f.trace_id = t.id
        ${filter.feedback === "any" ? Prisma.empty : which[filter.feedback]})`);
  }
  return Prisma.join(all, " AND ");
}

/** The moment inside a UUIDv7. */
function momentOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

interface SpanRow {
  readonly trace_hex: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly at: Date;
  readonly at_us: number;
  readonly duration_us: string;
  readonly name: string;
  readonly service: string;
  readonly failed: boolean;
  readonly attributes: SpanInfo["attributes"];
}

function spanInfo(row: SpanRow): SpanInfo {
  return {
    traceHex: row.trace_hex,
    spanId: row.span_id,
    parentId: row.parent_id,
    at: row.at,
    atUs: row.at_us,
    durationUs: Number(row.duration_us),
    name: row.name,
    service: row.service,
    failed: row.failed,
    attributes: row.attributes,
  };
}
