export type CatalogErrorCode =
  | "not-found"
  | "bad-name"
  | "bad-source"
  /** The file is no model, or not one that this engine runs. */
  | "bad-model"
  | "exists"
  /** Another organization's, which shares it. */
  | "not-own"
  | "hub-unreachable"
  | "hub-refused"
  | "hub-no-model"
  /** What was downloaded is not what the hub says it is. */
  | "bad-digest"
  /** An upload of which a part is missing. */
  | "incomplete"
  | "too-large"
  /** The disk is too full for it. */
  | "no-space";

/** Why the catalog can't do what was asked. `hint` says what to do. */
export class CatalogError extends Error {
  override readonly name = "CatalogError";
  readonly code: CatalogErrorCode;
  readonly hint: string | undefined;

  constructor(code: CatalogErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}
