export type TuningErrorCode = "bad-samples" | "too-few" | "refused" | "not-ready";

/** What is wrong with a person's examples or wishes, with what to do about it. */
export class TuningError extends Error {
  override readonly name = "TuningError";
  readonly code: TuningErrorCode;
  readonly hint: string;

  constructor(code: TuningErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
