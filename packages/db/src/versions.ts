import { DatabaseError } from "./errors.ts";

/**
 * Refuses a change that was made against an older state than the one stored: somebody else was faster.
 * @throws DatabaseError `conflict`
 */
export function checkVersion(row: { readonly updatedAt: Date }, seen: Date, what: string, subject: string): void {
  if (seen.getTime() === row.updatedAt.getTime()) return;
  throw new DatabaseError("conflict", `${what} was changed in the meantime.`, {
    subject,
    hint: "Look at it again, then repeat your change.",
  });
}

/** The time of a change: later than the last one even within a millisecond, so that no two versions are alike. */
export function nextVersion(row: { readonly updatedAt: Date }): Date {
  return new Date(Math.max(Date.now(), row.updatedAt.getTime() + 1));
}
