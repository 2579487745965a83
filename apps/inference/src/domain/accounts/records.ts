import type { AuditEntry, Database } from "@tugboat/db";

interface Person {
  readonly userId: string;
  readonly email: string;
}

type Act = Pick<AuditEntry, "action" | "address" | "before"> & { readonly after?: object };

/** The actor of what somebody tried who did not prove who they are. */
export const unknownActor = "unknown";

/** Writes what a person did with their account into the audit log of every organization that they belong to. */
export async function recordForPerson(
  database: Database,
  { userId, email }: Person,
  act: Act,
  actor: string = userId,
): Promise<void> {
  const entry = { ...act, actor, subject: userId, after: { email, ...act.after } };
  for (const { organizationId } of await database.people.memberships(userId)) {
    await database.organization(organizationId).audit.append(entry);
  }
}
