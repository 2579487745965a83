import type { Database, OpenInvitation, Role } from "@tugboat/db";

interface Joiner {
  readonly id: string;
  readonly email: string;
}

/**
 * Makes somebody a member by an invitation of theirs, once, and writes it down.
 * @throws DatabaseError `not-found` when somebody else was faster with the same invitation
 */
export async function accept(
  database: Database,
  found: OpenInvitation,
  user: Joiner,
  address: string | undefined,
): Promise<void> {
  await database.organization(found.organizationId).transaction(async (scope) => {
    // Two readers of one link: the second finds it gone.
    await scope.members.invitations.withdraw(found.id);
    await scope.members.add(user.id, found.role);
    await scope.audit.append({
      actor: user.id,
      action: "members.accept",
      subject: user.id,
      address,
      after: { email: found.email, role: found.role },
    });
  });
}

/** Makes somebody a member of the first organization because their address' domain says so, unless they are in one. */
export async function joinByDomain(
  database: Database,
  user: Joiner,
  role: Role,
  address: string | undefined,
): Promise<void> {
  if ((await database.people.memberships(user.id)).length > 0) return;
  await database.organization(database.home.organizationId).transaction(async (scope) => {
    await scope.members.add(user.id, role);
    const after = { email: user.email, role };
    await scope.audit.append({ actor: "system", action: "members.add", subject: user.id, address, after });
  });
}
