export type TaskErrorCode =
  | "bad-document"
  | "bad-examples"
  | "too-few"
  | "not-planned"
  | "not-shipped"
  | "bad-input"
  | "refused";

/** What is wrong with a declaration or with what is asked of it, and what to do. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly code: TaskErrorCode;
  readonly hint: string;
  /** Where in the document, from 1; undefined where it came as no text. */
  readonly place: { readonly line: number; readonly column: number } | undefined;

  constructor(
    code: TaskErrorCode,
    message: string,
    hint: string,
    place?: { readonly line: number; readonly column: number },
  ) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.place = place;
  }
}
