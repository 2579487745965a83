import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";
import { checkVersion, nextVersion } from "../versions.ts";
import type { EvaluationJson } from "./evaluations.ts";

/** `spec` has the shape of the evaluation domain. */
export interface EvaluatorInfo {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly spec: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Evaluators {
  list(): Promise<EvaluatorInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(idOrName: string): Promise<EvaluatorInfo>;
  /** @throws DatabaseError `exists` */
  create(evaluator: {
    readonly name: string;
    readonly description: string;
    readonly spec: EvaluationJson;
    readonly createdBy: string;
  }): Promise<EvaluatorInfo>;
  /** @throws DatabaseError `not-found`, `conflict` */
  update(
    id: string,
    change: { readonly description: string; readonly spec: EvaluationJson },
    seen: Date,
  ): Promise<EvaluatorInfo>;
  /** Evaluations that used it keep what it said. @throws DatabaseError `not-found` */
  remove(id: string): Promise<void>;
}

export function evaluatorsOf(db: Db, organizationId: string): Evaluators {
  const get = async (idOrName: string) => {
    const by = isId(idOrName) ? { id: idOrName } : { name: idOrName };
    const row = await db.evaluator.findFirst({ where: { organizationId, ...by } });
    if (row !== null) return row;
    throw new DatabaseError("not-found", `There is no evaluator ${idOrName}.`, {
      hint: "The list of evaluators shows them.",
    });
  };
  return {
    list: () => db.evaluator.findMany({ where: { organizationId }, orderBy: { name: "asc" } }),
    get,
    async create(evaluator) {
      if ((await db.evaluator.findFirst({ where: { organizationId, name: evaluator.name } })) !== null) {
        throw new DatabaseError("exists", `There is an evaluator ${evaluator.name} already.`, {
          hint: "Choose another name.",
        });
      }
      return db.evaluator.create({ data: { organizationId, ...evaluator } });
    },
    async update(id, change, seen) {
      const row = await get(id);
      checkVersion(row, seen, "The evaluator", id);
      return db.evaluator.update({
        where: { organizationId_name: { organizationId, name: row.name } },
        data: { ...change, updatedAt: nextVersion(row) },
      });
    },
    async remove(id) {
      const row = await get(id);
      await db.evaluator.deleteMany({ where: { organizationId, id: row.id } });
    },
  };
}
