import type { Db } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { isId } from "./id.ts";

/** JSON as columns take it; its shape is the caller's. */
type Json = Prisma.InputJsonValue;

export interface TaskPlanningInfo {
  readonly id: string;
  readonly taskId: string;
  readonly version: number;
  readonly reason: string;
  readonly cause: string | null;
  readonly minutes: number;
  readonly jobId: string | null;
  readonly progress: unknown;
  readonly plan: number | null;
  readonly proposal: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface TaskPlanningDetail extends TaskPlanningInfo {
  readonly report: unknown;
}

export interface NewTaskPlanning {
  readonly taskId: string;
  readonly version: number;
  readonly reason: string;
  readonly cause: string | null;
  readonly minutes: number;
  readonly createdBy: string;
}

export interface TaskMeasurementInfo {
  readonly candidate: string;
  /** The example's digest. */
  readonly example: string;
  readonly score: number;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly confidence: number | null;
  readonly answer: unknown;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface NewTaskMeasurement extends Omit<TaskMeasurementInfo, "answer"> {
  readonly answer: Json;
}

export interface PlannerRecordInfo {
  readonly taskId: string;
  readonly shape: string;
  readonly model: string;
  readonly family: string;
  readonly shots: number;
  readonly examples: number;
  /** By speed and tokens alone; 0 where an older version did not keep it. */
  readonly guessedMs: number;
  readonly predictedMs: number;
  readonly measuredMs: number;
  readonly predictedScore: number;
  readonly measuredScore: number;
  readonly predictedMicroUsd: number;
  readonly measuredMicroUsd: number;
}

/** An hour of a plan's live traffic. */
export interface TaskLiveInfo {
  readonly plan: number;
  readonly hour: Date;
  readonly requests: number;
  readonly failed: number;
  readonly cached: number;
  readonly escalated: number;
  /** Requests by their time, in classes of the caller's. */
  readonly latency: readonly number[];
  readonly costMicroUsd: number;
  readonly judged: number;
  readonly right: number;
  /** Of a plan in the shadow: what was held against what was answered, and how far it was the same. */
  readonly compared: number;
  readonly agreed: number;
}

export interface TaskPlannings {
  /** Of a task, or of all; the newest first, at most 100. */
  list(query: { readonly taskId?: string; readonly proposal?: string }): Promise<TaskPlanningInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<TaskPlanningDetail>;
  /** The newest that has a report. */
  latest(taskId: string): Promise<TaskPlanningDetail | null>;
  create(planning: NewTaskPlanning): Promise<TaskPlanningInfo>;
  assign(id: string, jobId: string): Promise<void>;
  note(id: string, progress: Json): Promise<void>;
  finish(
    id: string,
    out: { readonly report: Json; readonly plan: number | null; readonly proposal: string | null },
  ): Promise<void>;
  setProposal(id: string, proposal: "open" | "shipped" | "dismissed"): Promise<void>;
  measurements(taskId: string, candidates?: readonly string[]): Promise<TaskMeasurementInfo[]>;
  /** Those that are there already stay as they are. */
  measure(taskId: string, measured: readonly NewTaskMeasurement[]): Promise<void>;
  /** What was expected and what came, the newest first, at most `limit`. */
  records(limit: number): Promise<PlannerRecordInfo[]>;
  record(records: readonly PlannerRecordInfo[]): Promise<void>;
  live(taskId: string, since: Date): Promise<TaskLiveInfo[]>;
  /** Adds to what an hour has. */
  addLive(taskId: string, hour: TaskLiveInfo): Promise<void>;
}

const LISTED = {
  id: true,
  taskId: true,
  version: true,
  reason: true,
  cause: true,
  minutes: true,
  jobId: true,
  progress: true,
  plan: true,
  proposal: true,
  createdBy: true,
  createdAt: true,
  finishedAt: true,
} as const;

export function taskPlanningsOf(db: Db, organizationId: string): TaskPlannings {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const plain = { organizationId: true, taskId: true, at: true } as const;
  return {
    list: ({ proposal, taskId }) =>
      db.taskPlanning.findMany({
        where: { organizationId, ...(taskId !== undefined && { taskId }), ...(proposal !== undefined && { proposal }) },
        orderBy: { id: "desc" },
        take: 100,
        select: LISTED,
      }),
    async get(id) {
      const row =
        isId(id) && (await db.taskPlanning.findUnique({ where: key(id), select: { ...LISTED, report: true } }));
      if (!row) throw new DatabaseError("not-found", `There is no planning ${id}.`);
      return row;
    },
    latest: (taskId) =>
      db.taskPlanning.findFirst({
        where: { organizationId, taskId, finishedAt: { not: null } },
        orderBy: { finishedAt: "desc" },
        select: { ...LISTED, report: true },
      }),
    create: (planning) => db.taskPlanning.create({ data: { organizationId, ...planning }, select: LISTED }),
    async assign(id, jobId) {
      await db.taskPlanning.update({ where: key(id), data: { jobId } });
    },
    async note(id, progress) {
      await db.taskPlanning.update({ where: key(id), data: { progress } });
    },
    async finish(id, out) {
      await db.taskPlanning.update({ where: key(id), data: { ...out, finishedAt: new Date() } });
    },
    async setProposal(id, proposal) {
      await db.taskPlanning.update({ where: key(id), data: { proposal } });
    },
    measurements: (taskId, candidates) =>
      db.taskMeasurement.findMany({
        where: { organizationId, taskId, ...(candidates !== undefined && { candidate: { in: [...candidates] } }) },
        omit: plain,
      }),
    async measure(taskId, measured) {
      const data = measured.map((one) => ({ organizationId, taskId, ...one }));
      await db.taskMeasurement.createMany({ data, skipDuplicates: true });
    },
    records: (limit) =>
      db.plannerRecord.findMany({
        where: { organizationId },
        orderBy: { id: "desc" },
        take: limit,
        omit: { organizationId: true, id: true, at: true },
      }),
    async record(records) {
      await db.plannerRecord.createMany({ data: records.map((one) => ({ organizationId, ...one })) });
    },
    live: (taskId, since) =>
      db.taskLive.findMany({
        where: { organizationId, taskId, hour: { gte: since } },
        orderBy: { hour: "asc" },
        omit: { organizationId: true, taskId: true },
      }),
    async addLive(taskId, { hour, latency, plan, ...counts }) {
      await db.$executeRaw`
        INSERT INTO task_live AS t (organization_id, task_id, plan, hour, requests, failed, cached, escalated, latency, cost_micro_usd, judged, "right", compared, agreed)
        VALUES (${organizationId}::uuid, ${taskId}::uuid, ${plan}, ${hour}, ${counts.requests}, ${counts.failed}, ${counts.cached},
          ${counts.escalated}, ${[...latency]}::int[], ${counts.costMicroUsd}, ${counts.judged}, ${counts.right},
          ${counts.compared}, ${counts.agreed})
        ON CONFLICT (organization_id, task_id, plan, hour) DO UPDATE SET
          requests = t.requests + excluded.requests, failed = t.failed + excluded.failed,
          cached = t.cached + excluded.cached, escalated = t.escalated + excluded.escalated,
          latency = ARRAY(SELECT COALESCE(a, 0) + COALESCE(b, 0)
            FROM unnest(t.latency, excluded.latency) WITH ORDINALITY AS u(a, b, i) ORDER BY i),
          cost_micro_usd = t.cost_micro_usd + excluded.cost_micro_usd,
          judged = t.judged + excluded.judged, "right" = t."right" + excluded."right",
          compared = t.compared + excluded.compared, agreed = t.agreed + excluded.agreed`;
    },
  };
}
