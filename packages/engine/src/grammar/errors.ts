export type GrammarErrorCode =
  /** It is not written as its language wants. */
  | "syntax"
  /** It uses something that is not offered. */
  | "unsupported"
  /** No text can ever satisfy it. */
  | "unsatisfiable"
  /** It would take too much memory or time. */
  | "too-complex";

/** What is wrong with a grammar, and where in it. */
export class GrammarError extends Error {
  readonly code: GrammarErrorCode;
  /** A JSON pointer into the schema, or a position in the pattern. */
  readonly where: string;

  constructor(code: GrammarErrorCode, message: string, where = "") {
    super(where === "" ? message : `${where}: ${message}`);
    this.name = "GrammarError";
    this.code = code;
    this.where = where;
  }
}
