import { z } from "zod";
import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { lockOrganization } from "./projects.ts";
import { nextVersion } from "./versions.ts";

/** JSON as columns take it; its shape is the caller's. */
type Json = Prisma.InputJsonValue;

export interface TaskInfo {
  readonly id: string;
  readonly name: string;
  /** The number of its newest version. */
  readonly version: number;
  /** The number of the release that serves. */
  readonly release: number | null;
  readonly rule: unknown;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface TaskVersionInfo {
  readonly number: number;
  readonly document: unknown;
  readonly yaml: string;
  /** Examples that came with it; null where the document names a dataset. */
  readonly examples: unknown;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface TaskPlanInfo {
  readonly number: number;
  readonly planningId: string;
  readonly version: number;
  readonly spec: unknown;
  readonly promise: unknown;
  readonly createdAt: Date;
}

export interface TaskReleaseInfo {
  readonly number: number;
  readonly plan: number;
  /** In percent; the rest goes to `previous`. */
  readonly share: number;
  readonly previous: number | null;
  /** Its share is asked too, while `previous` answers everything. */
  readonly shadow: boolean;
  readonly action: string;
  readonly note: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What serves a task now: plans with all that they need. */
export interface ServedTask {
  readonly id: string;
  readonly name: string;
  readonly document: unknown;
  readonly release: TaskReleaseInfo;
  readonly plans: readonly (TaskPlanInfo & { readonly artifact: unknown })[];
}

export interface NewTaskVersion {
  readonly document: Json;
  readonly yaml: string;
  readonly examples: Json | null;
  readonly createdBy: string;
}

export interface NewRelease {
  readonly plan: number;
  readonly share: number;
  readonly previous: number | null;
  readonly shadow?: boolean;
  readonly action: "ship" | "roll-back" | "stop";
  readonly note: string;
  readonly createdBy: string;
}

export interface Tasks {
  /** By name. */
  list(): Promise<TaskInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(name: string): Promise<TaskInfo>;
  find(name: string): Promise<TaskInfo | null>;
  byId(id: string): Promise<TaskInfo | null>;
  /** The newest first. */
  versions(id: string): Promise<TaskVersionInfo[]>;
  /** @throws DatabaseError `not-found` */
  version(id: string, number: number): Promise<TaskVersionInfo>;
  create(name: string, rule: Json, version: NewTaskVersion): Promise<TaskInfo>;
  /** Adds a version. */
  change(id: string, version: NewTaskVersion): Promise<TaskInfo>;
  setRule(id: string, rule: Json): Promise<void>;
  remove(id: string): Promise<void>;
  /** The newest first, without what they need to serve. */
  plans(id: string): Promise<TaskPlanInfo[]>;
  addPlan(
    id: string,
    plan: {
      readonly planningId: string;
      readonly version: number;
      readonly spec: Json;
      readonly artifact: Json;
      readonly promise: Json;
    },
  ): Promise<TaskPlanInfo>;
  /** The newest first. */
  releases(id: string): Promise<TaskReleaseInfo[]>;
  /** @throws DatabaseError `not-found` for a plan that is not there */
  addRelease(id: string, release: NewRelease): Promise<TaskReleaseInfo>;
  /** Undefined for a task that nothing serves. */
  served(name: string): Promise<ServedTask | undefined>;
}

const INFO = {
  id: true,
  name: true,
  version: true,
  release: true,
  rule: true,
  createdAt: true,
  updatedAt: true,
} as const;
const VERSION = { number: true, document: true, yaml: true, examples: true, createdBy: true, createdAt: true } as const;
const PLAN = { number: true, planningId: true, version: true, spec: true, promise: true, createdAt: true } as const;
const RELEASE = {
  number: true,
  plan: true,
  share: true,
  previous: true,
  shadow: true,
  action: true,
  note: true,
  createdBy: true,
  createdAt: true,
} as const;

const some = z.array(z.number());

export function tasksOf(db: Db, organizationId: string): Tasks {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const find = (name: string, client = db) =>
    client.task.findUnique({ where: { organizationId_name: { organizationId, name } }, select: INFO });
  const missing = (name: string) =>
    new DatabaseError("not-found", `There is no task ${name}.`, { hint: "The list of tasks shows them." });
  const one = (taskId: string, number: number) => ({
    organizationId_taskId_number: { organizationId, taskId, number },
  });
  return {
    list: () => db.task.findMany({ where: { organizationId }, orderBy: { name: "asc" }, select: INFO }),
    async get(name) {
      const row = await find(name);
      if (row === null) throw missing(name);
      return row;
    },
    find: (name) => find(name),
    byId: (id) => db.task.findUnique({ where: key(id), select: INFO }),
    versions: (taskId) =>
      db.taskVersion.findMany({ where: { organizationId, taskId }, orderBy: { number: "desc" }, select: VERSION }),
    async version(taskId, number) {
      const row = await db.taskVersion.findUnique({ where: one(taskId, number), select: VERSION });
      if (row === null) throw new DatabaseError("not-found", `The task has no version ${number}.`);
      return row;
    },
    create: (name, rule, version) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        if (await find(name, tx)) throw new DatabaseError("exists", `There is a task ${name} already.`);
        const task = await tx.task.create({ data: { organizationId, name, version: 1, rule }, select: INFO });
        await tx.taskVersion.create({ data: { ...versionData(version), organizationId, taskId: task.id, number: 1 } });
        return task;
      }),
    change: (id, version) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const task = await tx.task.findUniqueOrThrow({ where: key(id), select: INFO });
        const number = task.version + 1;
        await tx.taskVersion.create({ data: { ...versionData(version), organizationId, taskId: id, number } });
        return tx.task.update({
          where: key(id),
          data: { version: number, updatedAt: nextVersion(task) },
          select: INFO,
        });
      }),
    async setRule(id, rule) {
      await db.task.update({ where: key(id), data: { rule } });
    },
    remove: (id) =>
      inTransaction(db, async (tx) => {
        await tx.budget.deleteMany({ where: { organizationId, scope: "task", subjectId: id } });
        await tx.task.deleteMany({ where: { organizationId, id } });
      }),
    plans: (taskId) =>
      db.taskPlan.findMany({ where: { organizationId, taskId }, orderBy: { number: "desc" }, select: PLAN }),
    addPlan: (taskId, plan) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const last = await tx.taskPlan.aggregate({ where: { organizationId, taskId }, _max: { number: true } });
        const number = (last._max.number ?? 0) + 1;
        return tx.taskPlan.create({ data: { organizationId, taskId, number, ...plan }, select: PLAN });
      }),
    releases: (taskId) =>
      db.taskRelease.findMany({ where: { organizationId, taskId }, orderBy: { number: "desc" }, select: RELEASE }),
    addRelease: (taskId, release) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const task = await tx.task.findUniqueOrThrow({ where: key(taskId), select: INFO });
        for (const number of some.parse([release.plan, release.previous].filter((plan) => plan !== null))) {
          if (await tx.taskPlan.findUnique({ where: one(taskId, number), select: { number: true } })) continue;
          throw new DatabaseError("not-found", `${task.name} has no plan ${number}.`, {
            hint: "`tug explain` shows which plans there are.",
          });
        }
        const last = await tx.taskRelease.aggregate({ where: { organizationId, taskId }, _max: { number: true } });
        const number = (last._max.number ?? 0) + 1;
        const row = await tx.taskRelease.create({
          data: { organizationId, taskId, number, ...release },
          select: RELEASE,
        });
        await tx.task.update({ where: key(taskId), data: { release: number, updatedAt: nextVersion(task) } });
        return row;
      }),
    async served(name) {
      const task = await find(name);
      if (task?.release == null) return undefined;
      const release = await db.taskRelease.findUniqueOrThrow({ where: one(task.id, task.release), select: RELEASE });
      const numbers = [release.plan, ...(release.previous === null ? [] : [release.previous])];
      const plans = await db.taskPlan.findMany({
        where: { organizationId, taskId: task.id, number: { in: numbers } },
        select: { ...PLAN, artifact: true },
      });
      const version = plans.find(({ number }) => number === release.plan)?.version ?? task.version;
      const { document } = await db.taskVersion.findUniqueOrThrow({
        where: one(task.id, version),
        select: { document: true },
      });
      return { id: task.id, name: task.name, document, release, plans };
    },
  };
}

function versionData({ createdBy, document, examples, yaml }: NewTaskVersion) {
  return { createdBy, document, yaml, ...(examples !== null && { examples }) };
}
