import type { Db } from "../client.ts";
import { isId } from "../id.ts";

export const feedbackKinds = ["thumb", "score", "correction"] as const;
export type FeedbackKind = (typeof feedbackKinds)[number];

export interface FeedbackInfo {
  readonly id: string;
  readonly traceId: string;
  readonly kind: FeedbackKind;
  /** 1 and 0 for thumbs, 0 to 1 for scores; null for a correction. */
  readonly value: number | null;
  readonly text: string | null;
  /** A member's id or `key:<id>`. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What people thought of answers. */
export interface Feedback {
  add(feedback: Omit<FeedbackInfo, "id" | "createdAt">): Promise<FeedbackInfo>;
  /** Of these traces, the oldest first. */
  of(traceIds: readonly string[]): Promise<FeedbackInfo[]>;
}

const FIELDS = {
  id: true,
  traceId: true,
  kind: true,
  value: true,
  text: true,
  createdBy: true,
  createdAt: true,
} as const;

export function feedbackOf(db: Db, organizationId: string): Feedback {
  return {
    async add(feedback) {
      const row = await db.traceFeedback.create({ data: { organizationId, ...feedback }, select: FIELDS });
      return { ...row, kind: kindOf(row.kind) };
    },

    async of(traceIds) {
      const rows = await db.traceFeedback.findMany({
        where: { organizationId, traceId: { in: traceIds.filter(isId) } },
        orderBy: { id: "asc" },
        select: FIELDS,
        take: 1000,
      });
      return rows.map((row) => ({ ...row, kind: kindOf(row.kind) }));
    },
  };
}

function kindOf(text: string): FeedbackKind {
  return feedbackKinds.find((kind) => kind === text) ?? "thumb";
}
