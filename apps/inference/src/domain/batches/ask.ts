import type { BatchEndpoint } from "./lines.ts";

export interface BatchRequest {
  readonly batch: string;
  readonly organizationId: string;
  /** In whose name it is made. */
  readonly apiKeyId: string;
  readonly endpoint: BatchEndpoint;
  readonly body: object;
  /** A UUIDv7: of its usage event. */
  readonly id: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface BatchAnswer {
  readonly status: number;
  /** JSON as OpenAI's: an answer, or `{error}`. */
  readonly body: unknown;
  /** Whether it is paid for: then it is kept. */
  readonly accounted: boolean;
}

/** Makes a batch's requests by the same routes as everybody's. */
export type AskForBatch = (request: BatchRequest) => Promise<BatchAnswer>;
