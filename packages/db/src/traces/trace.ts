export const traceStatuses = ["done", "aborted", "error", "refused"] as const;
export type TraceStatus = (typeof traceStatuses)[number];

/** One request as it is listed. Times are whole microseconds. */
export interface TraceInfo {
  /** A UUIDv7: the request's, and its usage event's. */
  readonly id: string;
  /** The moment inside the id. */
  readonly at: Date;
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly userId: string | null;
  /** As the client knows it. */
  readonly requestId: string;
  /** The W3C trace that it is part of: 32 hexadecimal digits. */
  readonly traceHex: string;
  readonly kind: string;
  /** As asked for. */
  readonly model: string;
  /** What served it. */
  readonly target: string;
  readonly alias: string | null;
  readonly status: TraceStatus;
  readonly httpStatus: number;
  /** The code of its error. */
  readonly error: string | null;
  readonly cache: string;
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly ttftUs: number | null;
  readonly queueUs: number | null;
  readonly durationUs: number;
  readonly amountPicoUsd: bigint;
  /** The beginning of what was asked; null where bodies are not kept. */
  readonly preview: string | null;
}

/** What was asked and answered, as JSON. */
export interface TraceBody {
  readonly input: string;
  readonly output: string;
  readonly redacted: boolean;
}

/** One step of a request, of this service or of an application that sent its own. */
export interface SpanInfo {
  readonly traceHex: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly parentId: string | null;
  /** When it began, to the millisecond, and the microseconds after it. */
  readonly at: Date;
  readonly atUs: number;
  readonly durationUs: number;
  readonly name: string;
  /** The service that it happened in. */
  readonly service: string;
  readonly failed: boolean;
  readonly attributes: SpanAttributes;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** All that is kept of one request. */
export interface KeptTrace {
  readonly trace: TraceInfo;
  readonly spans: readonly SpanInfo[];
  readonly body: TraceBody | undefined;
}

/** A row of `trace` as the driver gives it, with numbers and ids as text. */
export interface TraceRow {
  readonly id: string;
  readonly at: Date;
  readonly organization_id: string;
  readonly project_id: string | null;
  readonly api_key_id: string | null;
  readonly user_id: string | null;
  readonly request_id: string;
  readonly trace_hex: string;
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly alias: string | null;
  readonly status: string;
  readonly http_status: number;
  readonly error: string | null;
  readonly cache: string;
  readonly input_tokens: number;
  readonly cached_tokens: number;
  readonly output_tokens: number;
  readonly ttft_us: string | null;
  readonly queue_us: string | null;
  readonly duration_us: string;
  readonly amount_pico_usd: string;
  readonly preview: string | null;
}

export function traceInfo(row: TraceRow): TraceInfo {
  const micros = (text: string | null) => (text === null ? null : Number(text));
  return {
    id: row.id,
    at: row.at,
    organizationId: row.organization_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    userId: row.user_id,
    requestId: row.request_id,
    traceHex: row.trace_hex,
    kind: row.kind,
    model: row.model,
    target: row.target,
    alias: row.alias,
    status: traceStatuses.find((one) => one === row.status) ?? "error",
    httpStatus: row.http_status,
    error: row.error,
    cache: row.cache,
    inputTokens: row.input_tokens,
    cachedTokens: row.cached_tokens,
    outputTokens: row.output_tokens,
    ttftUs: micros(row.ttft_us),
    queueUs: micros(row.queue_us),
    durationUs: Number(row.duration_us),
    amountPicoUsd: BigInt(row.amount_pico_usd),
    preview: row.preview,
  };
}
