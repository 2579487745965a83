import { z } from "zod";
import { roles } from "../../domain/permissions.ts";

export const id = z.uuid("This is not an id.");
export const role = z.enum(roles);
/** A moment as ISO 8601 in UTC. */
export const moment = z.iso.datetime();
/** The `updatedAt` of what the caller saw: a change of something older is refused. */
export const seen = z.iso.datetime("Give back the updatedAt that you were given.").transform((text) => new Date(text));

const unprintable = /\p{Cc}|\p{Cs}/u;

/** What a person calls something. */
export const title = z
  .string()
  .trim()
  .min(1, "A name is needed.")
  .max(100, "A name has at most 100 characters.")
  .refine((text) => !unprintable.test(text), "A name can't hold control characters.");

/** What requests call something by: an alias. */
export const aliasName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9][\w.:-]{0,127}$/,
    "A name begins with a letter or a digit; then letters, digits, . _ : - follow.",
  );

/** Dates as they are sent. */
export type Sent<T> = {
  [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | null ? string | null : T[K];
};

/** The same record with its dates as text. */
export function sent<T extends object>(record: T): Sent<T> {
  const entries = Object.entries(record).map(([key, value]) => [
    key,
    value instanceof Date ? value.toISOString() : value,
  ]);
  // The types of entries are lost on the way through Object.fromEntries; only dates have changed.
  return Object.fromEntries(entries) as Sent<T>;
}
