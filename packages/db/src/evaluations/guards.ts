import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";

/** What must be shown before an alias or a prompt's label moves. */
export interface GuardInfo {
  readonly id: string;
  /** The alias, or `prompt:name@label`. */
  readonly subject: string;
  readonly dataset: string;
  readonly evaluator: string;
  /** How much worse it may be, as a share: 0.01 is a point. */
  readonly margin: number;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface Guards {
  list(subject?: string): Promise<GuardInfo[]>;
  /** The same subject, dataset and evaluator again changes the margin. */
  set(guard: Omit<GuardInfo, "id" | "createdAt">): Promise<GuardInfo>;
  /** @throws DatabaseError `not-found` */
  remove(id: string): Promise<GuardInfo>;
}

export function guardsOf(db: Db, organizationId: string): Guards {
  return {
    list: (subject) =>
      db.guard.findMany({
        where: { organizationId, ...(subject !== undefined && { subject }) },
        orderBy: [{ subject: "asc" }, { id: "asc" }],
      }),
    set: ({ dataset, evaluator, subject, ...rest }) =>
      db.guard.upsert({
        where: { organizationId_subject_dataset_evaluator: { organizationId, subject, dataset, evaluator } },
        create: { organizationId, subject, dataset, evaluator, ...rest },
        update: rest,
      }),
    async remove(id) {
      const row = isId(id) ? await db.guard.findFirst({ where: { organizationId, id } }) : null;
      if (row === null) throw new DatabaseError("not-found", `There is no guard ${id}.`);
      await db.guard.deleteMany({ where: { organizationId, id } });
      return row;
    },
  };
}
