import { z } from "zod";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { isId } from "./id.ts";

/** One act: who changed what, and from where. */
export interface AuditEntry {
  /** A member's id, `key:<id>` or `system`. */
  readonly actor: string;
  /** A verb and its noun, such as `keys.create`. */
  readonly action: string;
  /** The id of what was changed. */
  readonly subject: string;
  readonly address?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

/** Append-only: the database refuses to change or delete what is written. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** The newest first; `before` is the id of the last record of the page before. */
  list(page?: { limit?: number; before?: string }): Promise<AuditRecord[]>;
}

const Recorded = z.json();

export function auditOf(prisma: PrismaClient, organizationId: string): AuditLog {
  return {
    async append({ actor, action, subject, address, before, after }) {
      await prisma.auditLog.create({
        data: {
          organizationId,
          actor,
          action,
          subject,
          address: address ?? null,
          before: before === undefined ? Prisma.DbNull : (Recorded.parse(before) ?? Prisma.JsonNull),
          after: after === undefined ? Prisma.DbNull : (Recorded.parse(after) ?? Prisma.JsonNull),
        },
      });
    },

    async list({ limit = 100, before } = {}) {
      const rows = await prisma.auditLog.findMany({
        where: { organizationId, ...(before === undefined || !isId(before) ? {} : { id: { lt: before } }) },
        orderBy: { id: "desc" },
        take: Math.min(limit, 1000),
      });
      return rows.map(({ organizationId: _, address, before, after, ...row }) => ({
        ...row,
        ...(address === null ? {} : { address }),
        ...(before === null ? {} : { before }),
        ...(after === null ? {} : { after }),
      }));
    },
  };
}
