import { createHash } from "node:crypto";
import type { Db } from "./client.ts";
import { DatabaseError } from "./errors.ts";

export interface PlaygroundShare {
  readonly id: string;
  /** As the console packed it. */
  readonly content: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Playgrounds that somebody shared and that are too long for a link. */
export interface PlaygroundShares {
  /** Keeps it under an id made from its content: kept twice, it is the same, and the first keeper's. */
  keep(content: string, createdBy: string): Promise<PlaygroundShare>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<PlaygroundShare>;
}

const FIELDS = { id: true, content: true, createdBy: true, createdAt: true } as const;

/** 72 bits of SHA-256, in 12 characters that need no escape in an address. */
function shareId(content: string): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 12);
}

export function playgroundSharesOf(db: Db, organizationId: string): PlaygroundShares {
  return {
    keep: (content, createdBy) => {
      const id = shareId(content);
      return db.playgroundShare.upsert({
        where: { organizationId_id: { organizationId, id } },
        create: { organizationId, id, content, createdBy },
        update: {},
        select: FIELDS,
      });
    },

    async get(id) {
      const row = await db.playgroundShare.findUnique({
        where: { organizationId_id: { organizationId, id } },
        select: FIELDS,
      });
      if (row === null) {
        throw new DatabaseError("not-found", `There is no shared playground ${id}.`, {
          hint: "Ask whoever sent the link; it opens for members of their organization alone.",
        });
      }
      return row;
    },
  };
}
