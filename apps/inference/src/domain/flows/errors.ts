export type FlowErrorCode = "bad-document" | "bad-input" | "refused" | "not-ready";

/** What is wrong with a flow or with what is asked of it, and what to do. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  readonly code: FlowErrorCode;
  readonly hint: string;
  /** Where in the document, from 1; undefined where it came as no text. */
  readonly place: { readonly line: number; readonly column: number } | undefined;

  constructor(
    code: FlowErrorCode,
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
