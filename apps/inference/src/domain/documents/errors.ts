export type DocumentErrorCode = "bad-document" | "too-large" | "not-found" | "not-ready";

/** What is wrong with a document or a search, and what to do. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly code: DocumentErrorCode;
  readonly hint: string;

  constructor(code: DocumentErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
