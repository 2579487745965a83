export type DatasetErrorCode = "bad-file" | "bad-row" | "bad-mapping" | "schema" | "not-found" | "too-large";

/** What is wrong with a file or an example, in words for the person who brought it. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
  readonly code: DatasetErrorCode;
  readonly hint: string;

  constructor(code: DatasetErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
