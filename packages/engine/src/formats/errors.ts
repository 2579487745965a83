/** Why a model file was refused. */
export type FormatErrorCode =
  /** Not the format it should be: wrong magic, unknown version, no JSON. */
  | "not-this-format"
  /** The file ends before its content does. */
  | "truncated"
  /** The content contradicts itself or the format's rules. */
  | "invalid"
  /** Within the format's rules, yet past what any real model needs: counts, lengths, nesting. */
  | "limit"
  /** Well-formed, but this reader or converter does not know it. */
  | "unsupported"
  /** A file, key or tensor that must be there is not. */
  | "missing"
  /** The medium failed: disk, network, permission. */
  | "io";

/**
 * Every error that the readers, writers and converters of model files throw on purpose. The message names the file, the
 * field and, where there is one, the byte offset; `hint` says what to do.
 */
export class FormatError extends Error {
  readonly code: FormatErrorCode;
  readonly hint: string | undefined;
  constructor(code: FormatErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FormatError";
    this.code = code;
    this.hint = hint;
  }
}
