import type { WireError } from "./protocol.ts";

export type ServingErrorCode =
  /** The worker process died with the request in it. */
  | "worker-died"
  /** The worker has died too often of late; it is started again after a pause. */
  | "worker-restarting"
  /** The model can't be loaded. */
  | "model-unavailable"
  /** Other models that are busy take the memory this one needs. */
  | "no-memory"
  /** As many requests as allowed wait already. */
  | "queue-full"
  | "shutting-down"
  | "unknown-model";

/** Why a model can't serve a request now. `hint` says what to do, `retryAfterSeconds` when it may work. */
export class ServingError extends Error {
  override readonly name = "ServingError";
  readonly code: ServingErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ServingErrorCode, message: string, options: { hint?: string; retryAfterSeconds?: number } = {}) {
    super(message);
    this.code = code;
    this.hint = options.hint;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What an engine in another process threw. `code` is an `EngineErrorCode`, a `FormatErrorCode` or `internal`. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  readonly code: string;
  readonly hint: string | undefined;

  constructor({ code, message, hint }: WireError) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
