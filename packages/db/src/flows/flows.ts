import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import type { Prisma } from "../generated/client.ts";
import { lockOrganization } from "../projects.ts";
import { nextVersion } from "../versions.ts";

/** JSON as columns take it; its shape is the caller's. */
export type FlowJson = Prisma.InputJsonValue;

export interface FlowInfo {
  readonly id: string;
  readonly name: string;
  /** The number of its newest version. */
  readonly version: number;
  /** The number of the plan whose choices its runs take. */
  readonly plan: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface FlowVersionInfo {
  readonly number: number;
  readonly document: unknown;
  readonly yaml: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface NewFlowVersion {
  readonly document: FlowJson;
  readonly yaml: string;
  readonly createdBy: string;
}

export interface FlowPlanInfo {
  readonly number: number;
  readonly version: number;
  readonly jobId: string | null;
  readonly report: unknown;
  readonly choices: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface Flows {
  /** By name. */
  list(): Promise<FlowInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(name: string): Promise<FlowInfo>;
  find(name: string): Promise<FlowInfo | null>;
  byId(id: string): Promise<FlowInfo | null>;
  /** The newest first. */
  versions(id: string): Promise<FlowVersionInfo[]>;
  /** @throws DatabaseError `not-found` */
  version(id: string, number: number): Promise<FlowVersionInfo>;
  /** @throws DatabaseError `exists` */
  create(name: string, version: NewFlowVersion): Promise<FlowInfo>;
  /** Adds a version; what was planned for an older one no longer holds. */
  change(id: string, version: NewFlowVersion): Promise<FlowInfo>;
  remove(id: string): Promise<void>;
  /** The newest first. */
  plans(id: string): Promise<FlowPlanInfo[]>;
  /** @throws DatabaseError `not-found` */
  plan(id: string, number: number): Promise<FlowPlanInfo>;
  addPlan(id: string, plan: { readonly version: number; readonly createdBy: string }): Promise<FlowPlanInfo>;
  assignPlan(id: string, number: number, jobId: string): Promise<void>;
  finishPlan(
    id: string,
    number: number,
    found: { readonly report: FlowJson; readonly choices: FlowJson },
  ): Promise<void>;
  /** Has runs take a plan's choices; null: the first alternatives. */
  usePlan(id: string, number: number | null): Promise<FlowInfo>;
}

const INFO = { id: true, name: true, version: true, plan: true, createdAt: true, updatedAt: true } as const;
const VERSION = { number: true, document: true, yaml: true, createdBy: true, createdAt: true } as const;
const PLAN = {
  number: true,
  version: true,
  jobId: true,
  report: true,
  choices: true,
  createdBy: true,
  createdAt: true,
  finishedAt: true,
} as const;

export function flowsOf(db: Db, organizationId: string): Flows {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const one = (flowId: string, number: number) => ({
    organizationId_flowId_number: { organizationId, flowId, number },
  });
  const find = (name: string, client = db) =>
    client.flow.findUnique({ where: { organizationId_name: { organizationId, name } }, select: INFO });
  return {
    list: () => db.flow.findMany({ where: { organizationId }, orderBy: { name: "asc" }, select: INFO }),
    async get(name) {
      const row = await find(name);
      if (row !== null) return row;
      throw new DatabaseError("not-found", `There is no flow ${name}.`, { hint: "The list of flows shows them." });
    },
    find: (name) => find(name),
    byId: (id) => db.flow.findUnique({ where: key(id), select: INFO }),
    versions: (flowId) =>
      db.flowVersion.findMany({ where: { organizationId, flowId }, orderBy: { number: "desc" }, select: VERSION }),
    async version(flowId, number) {
      const row = await db.flowVersion.findUnique({ where: one(flowId, number), select: VERSION });
      if (row === null) throw new DatabaseError("not-found", `The flow has no version ${number}.`);
      return row;
    },
    create: (name, version) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        if (await find(name, tx)) throw new DatabaseError("exists", `There is a flow ${name} already.`);
        const flow = await tx.flow.create({ data: { organizationId, name, version: 1 }, select: INFO });
        await tx.flowVersion.create({ data: { ...version, organizationId, flowId: flow.id, number: 1 } });
        return flow;
      }),
    change: (id, version) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const flow = await tx.flow.findUniqueOrThrow({ where: key(id), select: INFO });
        const number = flow.version + 1;
        await tx.flowVersion.create({ data: { ...version, organizationId, flowId: id, number } });
        const data = { version: number, plan: null, updatedAt: nextVersion(flow) };
        return tx.flow.update({ where: key(id), data, select: INFO });
      }),
    async remove(id) {
      await db.flow.deleteMany({ where: { organizationId, id } });
    },
    plans: (flowId) =>
      db.flowPlan.findMany({ where: { organizationId, flowId }, orderBy: { number: "desc" }, select: PLAN }),
    async plan(flowId, number) {
      const row = await db.flowPlan.findUnique({ where: one(flowId, number), select: PLAN });
      if (row === null) throw new DatabaseError("not-found", `The flow has no plan ${number}.`);
      return row;
    },
    addPlan: (flowId, plan) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const last = await tx.flowPlan.aggregate({ where: { organizationId, flowId }, _max: { number: true } });
        const number = (last._max.number ?? 0) + 1;
        return tx.flowPlan.create({ data: { ...plan, organizationId, flowId, number }, select: PLAN });
      }),
    async assignPlan(flowId, number, jobId) {
      await db.flowPlan.update({ where: one(flowId, number), data: { jobId } });
    },
    async finishPlan(flowId, number, { choices, report }) {
      await db.flowPlan.update({ where: one(flowId, number), data: { choices, report, finishedAt: new Date() } });
    },
    usePlan: (id, plan) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const flow = await tx.flow.findUniqueOrThrow({ where: key(id), select: INFO });
        if (
          plan !== null &&
          (await tx.flowPlan.findUnique({ where: one(id, plan), select: { number: true } })) === null
        )
          throw new DatabaseError("not-found", `${flow.name} has no plan ${plan}.`);
        return tx.flow.update({ where: key(id), data: { plan, updatedAt: nextVersion(flow) }, select: INFO });
      }),
  };
}
