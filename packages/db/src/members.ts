import { createHash, randomBytes } from "node:crypto";
import type { Db } from "./client.ts";
import { inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Invitation, Prisma, Role } from "./generated/client.ts";
import { isId } from "./id.ts";
import { lockOrganization } from "./projects.ts";
import { checkVersion, nextVersion } from "./versions.ts";

export type { Role };

export interface MemberInfo {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly joinedAt: Date;
  readonly updatedAt: Date;
}

export interface InvitationInfo {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface Members {
  /** By name. */
  list(): Promise<MemberInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(userId: string): Promise<MemberInfo>;
  add(userId: string, role: Role): Promise<MemberInfo>;
  /** @throws DatabaseError `not-found`, `conflict`, `last-one` */
  changeRole(userId: string, role: Role, seen: Date): Promise<MemberInfo>;
  /** @throws DatabaseError `not-found`, `last-one` */
  remove(userId: string): Promise<MemberInfo>;
  readonly invitations: {
    /** Those that still can be accepted, the newest first. */
    list(): Promise<InvitationInfo[]>;
    /**
     * Invites an address, or renews its invitation: an earlier link stops working.
     * @returns the link's secret, which is told this once and never stored
     * @throws DatabaseError `exists` for a member's address
     */
    create(invitation: NewInvitation): Promise<{ invitation: InvitationInfo; token: string }>;
    /** @throws DatabaseError `not-found` */
    withdraw(id: string): Promise<InvitationInfo>;
  };
}

export interface NewInvitation {
  /** In lower case. */
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly expiresAt: Date;
}

/** What an invitation's link stands for. */
export interface OpenInvitation extends InvitationInfo {
  readonly organizationId: string;
  readonly organization: string;
}

const WITH_USER = { user: { select: { name: true, email: true } } } as const;
type MemberRow = Prisma.MemberGetPayload<{ include: typeof WITH_USER }>;

export function membersOf(db: Db, organizationId: string): Members {
  const get = async (client: Db, userId: string): Promise<MemberInfo> => {
    const where = { organizationId_userId: { organizationId, userId } };
    const row = isId(userId) && (await client.member.findUnique({ where, include: WITH_USER }));
    if (!row) throw new DatabaseError("not-found", `There is no member ${userId}.`);
    return memberInfo(row);
  };
  const keepOneOwner = async (tx: Db, member: MemberInfo): Promise<void> => {
    if (member.role !== "owner") return;
    const others = await tx.member.count({
      where: { organizationId, role: "owner", userId: { not: member.userId } },
    });
    if (others > 0) return;
    throw new DatabaseError("last-one", `${member.name} is the organization's last owner.`, {
      hint: "Make another member an owner first.",
    });
  };
  return {
    async list() {
      const rows = await db.member.findMany({
        where: { organizationId },
        include: WITH_USER,
        orderBy: [{ user: { name: "asc" } }, { userId: "asc" }],
      });
      return rows.map(memberInfo);
    },

    get: (userId) => get(db, userId),

    async add(userId, role) {
      const row = await db.member.upsert({
        where: { organizationId_userId: { organizationId, userId } },
        create: { organizationId, userId, role },
        update: {},
        include: WITH_USER,
      });
      return memberInfo(row);
    },

    changeRole: (userId, role, seen) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const member = await get(tx, userId);
        checkVersion(member, seen, `${member.name}'s role`, userId);
        if (role !== "owner") await keepOneOwner(tx, member);
        await tx.member.update({
          where: { organizationId_userId: { organizationId, userId } },
          data: { role, updatedAt: nextVersion(member) },
        });
        return get(tx, userId);
      }),

    remove: (userId) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const member = await get(tx, userId);
        await keepOneOwner(tx, member);
        await tx.member.delete({ where: { organizationId_userId: { organizationId, userId } } });
        return member;
      }),

    invitations: {
      async list() {
        const rows = await db.invitation.findMany({
          where: { organizationId, expiresAt: { gt: new Date() } },
          orderBy: { createdAt: "desc" },
        });
        return rows.map(invitationInfo);
      },

      async create({ email, ...invitation }) {
        const member = await db.member.findFirst({ where: { organizationId, user: { email } } });
        if (member) throw new DatabaseError("exists", `${email} is a member already.`);
        const token = randomBytes(32).toString("base64url");
        const fresh = { ...invitation, tokenHash: hashInvitation(token), createdAt: new Date() };
        const row = await db.invitation.upsert({
          where: { organizationId_email: { organizationId, email } },
          create: { ...fresh, organizationId, email },
          update: fresh,
        });
        return { invitation: invitationInfo(row), token };
      },

      async withdraw(id) {
        const row = isId(id) && (await db.invitation.findFirst({ where: { id, organizationId } }));
        if (!row) throw new DatabaseError("not-found", `There is no invitation ${id}.`);
        await db.invitation.deleteMany({ where: { id, organizationId } });
        return invitationInfo(row);
      },
    },
  };
}

/** @returns null when the link is unknown, used, withdrawn or out of date */
export async function findInvitation(db: Db, token: string): Promise<OpenInvitation | null> {
  const row = await db.invitation.findUnique({
    where: { tokenHash: hashInvitation(token) },
    include: { organization: { select: { name: true } } },
  });
  if (!row || row.expiresAt <= new Date()) return null;
  return { ...invitationInfo(row), organizationId: row.organizationId, organization: row.organization.name };
}

/** What an address is invited to just now, the oldest first. */
export async function openInvitations(db: Db, email: string): Promise<OpenInvitation[]> {
  const rows = await db.invitation.findMany({
    where: { email: email.toLowerCase(), expiresAt: { gt: new Date() } },
    include: { organization: { select: { name: true } } },
    orderBy: { createdAt: "asc" },
  });
  return rows.map(({ organization, ...row }) => ({
    ...invitationInfo(row),
    organizationId: row.organizationId,
    organization: organization.name,
  }));
}

function hashInvitation(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(token).digest());
}

function memberInfo({ organizationId: _, user, ...row }: MemberRow): MemberInfo {
  return { ...row, ...user };
}

function invitationInfo({ id, email, role, invitedBy, createdAt, expiresAt }: Invitation): InvitationInfo {
  return { id, email, role, invitedBy, createdAt, expiresAt };
}
