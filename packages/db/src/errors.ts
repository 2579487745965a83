/** What went wrong with the database, in a form that a person can act on. */
export type DatabaseErrorCode =
  | "unreachable"
  | "embedded-unavailable"
  | "embedded-failed"
  | "database-newer"
  | "migration-failed"
  | "migration-edited"
  | "not-found"
  | "conflict"
  | "exists"
  /** It would leave an organization without an owner or a project. */
  | "last-one"
  /** Something else points to it. */
  | "in-use"
  | "not-empty"
  | "bad-backup"
  /** PostgreSQL's own programs are missing, or too old. */
  | "no-tools"
  | "closed";

/** An error whose message says what was wrong and whose hint says what to do. The cause is kept for the log. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  readonly hint: string | undefined;
  /** The id of what it is about, where it is known. */
  readonly subject: string | undefined;

  constructor(
    code: DatabaseErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; subject?: string } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.subject = options.subject;
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
