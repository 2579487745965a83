import { z } from "zod";
import { type Db, inTransaction } from "./client.ts";
import type { PrismaClient, Role } from "./generated/client.ts";
import { isId } from "./id.ts";
import { findInvitation, type OpenInvitation, openInvitations } from "./members.ts";
import { createOrganization } from "./organization.ts";
import type { SettingValue } from "./settings.ts";

/** The tables in which the account library keeps users, sessions and passwords. It has no way to anything else. */
export type AccountTables = Pick<PrismaClient, "user" | "session" | "account" | "verification" | "twoFactor">;

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
  /** What an address is invited to just now. */
  invitationsOf(email: string): Promise<OpenInvitation[]>;
  /** How somebody proves who they are. */
  credentials(userId: string): Promise<Credentials>;
  /** Those that still hold, the newest first. */
  sessions(userId: string): Promise<SessionInfo[]>;
  /** Ends sessions of one person; how many there were. A session of somebody else is not found. */
  endSessions(userId: string, which: { readonly id: string } | { readonly allBut: string }): Promise<number>;
  /** @returns undefined when it was never set; the caller's schema says what it may be */
  preference<T>(userId: string, key: string, schema: z.ZodType<T>): Promise<T | undefined>;
  setPreference(userId: string, key: string, value: SettingValue): Promise<void>;
  /** Makes an organization with a first project and its founder as owner. */
  found(userId: string, name: string): Promise<Membership>;
}

export interface Credentials {
  /** Whether signing in with the password also asks for a code. */
  readonly twoFactor: boolean;
  /** `credential` for a password, else the other identity provider. */
  readonly providers: readonly string[];
}

/** A browser, or a program that stands in for one, that is signed in. */
export interface SessionInfo {
  readonly id: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const JsonValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.json()), z.record(z.string(), z.json())]);

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
    invitationsOf: (email) => openInvitations(db, email),

    async credentials(userId) {
      const { accounts, twoFactorEnabled } = await db.user.findUniqueOrThrow({
        where: { id: userId },
        select: { twoFactorEnabled: true, accounts: { select: { providerId: true } } },
      });
      return { twoFactor: twoFactorEnabled, providers: accounts.map(({ providerId }) => providerId) };
    },

    async sessions(userId) {
      const rows = await db.session.findMany({
        where: { userId, expiresAt: { gt: new Date() } },
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        select: { id: true, ipAddress: true, userAgent: true, createdAt: true, expiresAt: true },
      });
      return rows.map(({ ipAddress, userAgent, ...row }) => ({
        ...row,
        address: ipAddress === "" ? null : ipAddress,
        userAgent: userAgent === "" ? null : userAgent,
      }));
    },

    async endSessions(userId, which) {
      const id = "id" in which ? which.id : which.allBut;
      if (!isId(id)) return 0;
      const { count } = await db.session.deleteMany({ where: { userId, id: "id" in which ? id : { not: id } } });
      return count;
    },

    async preference(userId, key, schema) {
      const row = await db.userPreference.findUnique({ where: { userId_key: { userId, key } } });
      return row === null ? undefined : schema.safeParse(row.value).data;
    },

    async setPreference(userId, key, value) {
      const json = JsonValue.parse(value);
      await db.userPreference.upsert({
        where: { userId_key: { userId, key } },
        create: { userId, key, value: json },
        update: { value: json },
      });
    },

    found: (userId, name) => inTransaction(db, (tx) => createOrganization(tx, userId, name)),
  };
}
