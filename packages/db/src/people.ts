import type { Db } from "./client.ts";
import type { PrismaClient, Role } from "./generated/client.ts";
import { findInvitation, type OpenInvitation } from "./members.ts";

/** The tables in which the account library keeps users, sessions and passwords. It has no way to anything else. */
export type AccountTables = Pick<PrismaClient, "user" | "session" | "account" | "verification">;

export interface Membership {
  readonly organizationId: string;
  readonly name: string;
  readonly slug: string;
  readonly role: Role;
}

/** What is asked about a person before it is known in which organization they act. */
export interface People {
  /** The organizations of a user, the oldest membership first. */
  memberships(userId: string): Promise<Membership[]>;
  /** The names of those who still have an account, by id. */
  names(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Notes which organization a session works in. */
  activate(sessionId: string, organizationId: string): Promise<void>;
  /** @returns null when the link is unknown, used, withdrawn or out of date */
  invitation(token: string): Promise<OpenInvitation | null>;
}

export function peopleOf(db: Db): People {
  return {
    async memberships(userId) {
      const rows = await db.member.findMany({
        where: { userId },
        orderBy: [{ joinedAt: "asc" }, { organizationId: "asc" }],
        include: { organization: { select: { name: true, slug: true } } },
      });
      return rows.map(({ organizationId, role, organization }) => ({ organizationId, role, ...organization }));
    },

    async names(userIds) {
      const rows = await db.user.findMany({ where: { id: { in: [...userIds] } }, select: { id: true, name: true } });
      return new Map(rows.map(({ id, name }) => [id, name]));
    },

    async activate(sessionId, organizationId) {
      await db.session.updateMany({ where: { id: sessionId }, data: { activeOrganizationId: organizationId } });
    },

    invitation: (token) => findInvitation(db, token),
  };
}
