export type EngineErrorCode =
  | "context-overflow"
  | "bad-request"
  | "bad-model"
  | "unsupported"
  | "no-template"
  | "out-of-memory"
  | "queue-full"
  | "deadline"
  | "diverged"
  | "closed";

/** Every error that the engine throws on purpose. `message` says what was wrong and where, `hint` what to do. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly hint: string | undefined;
  constructor(code: EngineErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
    this.hint = hint;
  }
}
