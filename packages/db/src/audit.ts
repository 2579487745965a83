import { z } from "zod";
import type { Db } from "./client.ts";
import { Prisma } from "./generated/client.ts";
import { isId } from "./id.ts";

/** One act: who changed what, and from where. */
export interface AuditEntry {
  /** A member's id, `key:<id>` or `system`. */
  readonly actor: string;
  /** A verb and its noun, such as `keys.create`. */
  readonly action: string;
  /** The id of what was changed. */
  readonly subject: string;
  readonly address?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

export interface AuditQuery {
  readonly actor?: string | undefined;
  /** The whole action, or its noun with a dot: `keys.`. */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  readonly limit?: number | undefined;
  /** The id of the last record of the page before. */
  readonly before?: string | undefined;
}

/** Append-only: the database refuses to change or delete what is written. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** The newest first. */
  list(query?: AuditQuery): Promise<AuditRecord[]>;
}

const Recorded = z.json();

export function auditOf(db: Db, organizationId: string): AuditLog {
  return {
    async append({ actor, action, subject, address, before, after }) {
      await db.auditLog.create({
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

    async list({ actor, action, subject, from, to, limit = 100, before } = {}) {
      const rows = await db.auditLog.findMany({
        where: {
          organizationId,
          ...(actor !== undefined && { actor }),
          ...(action !== undefined && { action: action.endsWith(".") ? { startsWith: action } : action }),
          ...(subject !== undefined && { subject }),
          ...((from !== undefined || to !== undefined) && {
            at: { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) },
          }),
          ...(before !== undefined && isId(before) && { id: { lt: before } }),
        },
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
