import type { Db } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import { isId } from "./id.ts";

export const commentKinds = ["prompt-version", "example", "score"] as const;
export type CommentKind = (typeof commentKinds)[number];

export interface CommentInfo {
  readonly id: string;
  readonly body: string;
  /** The ids of the people it names. */
  readonly mentions: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly resolvedAt: Date | null;
}

/** What people say about versions of prompts, examples and scores. */
export interface Comments {
  /** The oldest first. */
  list(kind: CommentKind, subjectId: string): Promise<CommentInfo[]>;
  /** Mentions of people who are no members are left out. */
  add(comment: {
    readonly kind: CommentKind;
    readonly subjectId: string;
    readonly body: string;
    readonly mentions: readonly string[];
    readonly createdBy: string;
  }): Promise<CommentInfo>;
  /** @throws DatabaseError `not-found` */
  resolve(id: string): Promise<CommentInfo>;
}

const FIELDS = { id: true, body: true, mentions: true, createdBy: true, createdAt: true, resolvedAt: true } as const;

export function commentsOf(db: Db, organizationId: string): Comments {
  return {
    list: (kind, subjectId) =>
      db.comment.findMany({
        where: { organizationId, kind, subjectId },
        select: FIELDS,
        orderBy: { id: "asc" },
        take: 500,
      }),
    async add({ body, createdBy, kind, mentions, subjectId }) {
      const members = await db.member.findMany({
        where: { organizationId, userId: { in: mentions.filter(isId) } },
        select: { userId: true },
      });
      const named = members.map(({ userId }) => userId);
      return db.comment.create({
        data: { organizationId, kind, subjectId, body, mentions: named, createdBy },
        select: FIELDS,
      });
    },
    async resolve(id) {
      const { count } = isId(id)
        ? await db.comment.updateMany({ where: { organizationId, id }, data: { resolvedAt: new Date() } })
        : { count: 0 };
      if (count === 0) throw new DatabaseError("not-found", "There is no such comment.");
      return db.comment.findUniqueOrThrow({ where: { id }, select: FIELDS });
    },
  };
}
