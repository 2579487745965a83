import type { BatchEndpoint } from "../batches/lines.ts";
import type { Answer } from "./answer.ts";

/** What a background job asks a model for; usage is told apart by it. */
export type WorkKind = "batch" | "evaluation" | "planning" | "online-score" | "flow" | "documents" | "shadow";

/** What a request is part of. */
export interface Work {
  readonly kind: WorkKind;
  /** The job's own noun, such as an evaluation's id; it is in the log. */
  readonly subject: string;
  /** A person or a program waits for the whole of it. Else it takes its turn behind whoever is waited for. */
  readonly isAwaited?: boolean;
}

export interface AskRequest {
  readonly organizationId: string;
  readonly work: Work;
  readonly endpoint: BatchEndpoint;
  /** As the API takes it: `model` may name whatever the API serves. Streams are refused. */
  readonly body: object;
  /** Who began the work, for the usage page. */
  readonly userId?: string | null;
  /** The key in whose name it is asked, with its budget; absent or null: the organization's own. */
  readonly apiKeyId?: string | null;
  /** A UUIDv7, the usage event's: the same one again is accounted for once. Absent: a new one. */
  readonly id?: string;
  readonly signal: AbortSignal;
}

/**
 * Asks a model in an organization's name, by the same routes, limits of memory, prices and traces as the API. Whatever
 * can't be answered is an answer too.
 * @throws the signal's reason, and nothing else
 */
export type Ask = (request: AskRequest) => Promise<Answer>;
