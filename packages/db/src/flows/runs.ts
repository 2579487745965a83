import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import type { FlowJson } from "./flows.ts";

export const flowRunStates = ["queued", "running", "waiting", "done", "failed", "cancelled"] as const;
export type FlowRunState = (typeof flowRunStates)[number];
export type FlowStepState = "running" | "waiting" | "done" | "failed";

export interface FlowRunInfo {
  readonly id: string;
  readonly flowId: string;
  readonly version: number;
  readonly state: FlowRunState;
  readonly choices: unknown;
  readonly input: unknown;
  readonly output: unknown;
  /** `{code, message, hint, step}`. */
  readonly error: unknown;
  readonly jobId: string | null;
  readonly apiKeyId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Times in ms, money in micro-dollars. */
export interface FlowStepInfo {
  readonly path: string;
  readonly kind: string;
  readonly state: FlowStepState;
  readonly attempts: number;
  readonly callId: string;
  readonly output: unknown;
  readonly error: string | null;
  readonly cached: boolean;
  readonly costMicroUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly durationMs: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface FlowStepEnd {
  readonly state: "waiting" | "done" | "failed";
  readonly output?: FlowJson | null;
  readonly error?: string;
  readonly cached?: boolean;
  readonly costMicroUsd?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly durationMs: number;
}

export interface FlowRuns {
  create(run: {
    readonly flowId: string;
    readonly version: number;
    readonly choices: FlowJson;
    readonly input: FlowJson;
    readonly apiKeyId: string | null;
    readonly createdBy: string;
  }): Promise<FlowRunInfo>;
  assign(id: string, jobId: string): Promise<void>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<FlowRunInfo>;
  /** The newest first. */
  list(query: {
    readonly flowId?: string;
    readonly states?: readonly FlowRunState[];
    readonly limit?: number;
    readonly before?: string;
  }): Promise<FlowRunInfo[]>;
  /**
   * Moves a run that is not over. One that is over stays as it is.
   * @returns whether it was moved
   */
  move(
    id: string,
    state: FlowRunState,
    what?: { readonly output?: FlowJson | null; readonly error?: FlowJson },
  ): Promise<boolean>;
  /** In the order in which they began. */
  steps(id: string): Promise<FlowStepInfo[]>;
  /** Begins a step, or begins it again: its call's id stays what it was. */
  begin(
    id: string,
    step: { readonly path: string; readonly kind: string; readonly callId: string },
  ): Promise<FlowStepInfo>;
  end(id: string, path: string, end: FlowStepEnd): Promise<void>;
  /**
   * Ends a step that waits for a person.
   * @throws DatabaseError `conflict` when it waits no more
   */
  answer(id: string, path: string, output: FlowJson): Promise<void>;
  /** What a step gave to the same before; undefined when that is too old. */
  known(digest: string): Promise<{ readonly output: unknown } | undefined>;
  remember(digest: string, output: FlowJson | null, forMs: number): Promise<void>;
}

const RUN = {
  id: true,
  flowId: true,
  version: true,
  state: true,
  choices: true,
  input: true,
  output: true,
  error: true,
  jobId: true,
  apiKeyId: true,
  createdBy: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
} as const;
const STEP = {
  path: true,
  kind: true,
  state: true,
  attempts: true,
  callId: true,
  output: true,
  error: true,
  cached: true,
  costMicroUsd: true,
  inputTokens: true,
  outputTokens: true,
  cachedTokens: true,
  durationMs: true,
  startedAt: true,
  finishedAt: true,
} as const;
const over: readonly FlowRunState[] = ["done", "failed", "cancelled"];

export function flowRunsOf(db: Db, organizationId: string): FlowRuns {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const at = (runId: string, path: string) => ({ organizationId_runId_path: { organizationId, runId, path } });
  return {
    create: async (run) =>
      runOf(await db.flowRun.create({ data: { ...run, organizationId, state: "queued" }, select: RUN })),
    async assign(id, jobId) {
      await db.flowRun.update({ where: key(id), data: { jobId } });
    },
    async get(id) {
      const row = isId(id) && (await db.flowRun.findUnique({ where: key(id), select: RUN }));
      if (!row) throw new DatabaseError("not-found", `There is no run ${id}.`);
      return runOf(row);
    },
    async list({ before, flowId, limit = 50, states }) {
      const rows = await db.flowRun.findMany({
        where: {
          organizationId,
          ...(flowId !== undefined && { flowId }),
          ...(states && { state: { in: [...states] } }),
          ...(before !== undefined && isId(before) && { id: { lt: before } }),
        },
        orderBy: { id: "desc" },
        take: limit,
        select: RUN,
      });
      return rows.map(runOf);
    },
    async move(id, state, { error, output } = {}) {
      const now = new Date();
      const { count } = await db.flowRun.updateMany({
        where: { organizationId, id, state: { notIn: [...over] } },
        data: {
          state,
          ...(output !== undefined && { output: jsonOf(output) }),
          ...(error !== undefined && { error }),
          ...(over.includes(state) && { finishedAt: now }),
        },
      });
      if (state === "running")
        await db.flowRun.updateMany({ where: { organizationId, id, startedAt: null }, data: { startedAt: now } });
      return count > 0;
    },
    async steps(runId) {
      const rows = await db.flowStep.findMany({
        where: { organizationId, runId },
        orderBy: [{ startedAt: "asc" }, { path: "asc" }],
        select: STEP,
      });
      return rows.map(stepOf);
    },
    async begin(runId, { callId, kind, path }) {
      const row = await db.flowStep.upsert({
        where: at(runId, path),
        create: { organizationId, runId, path, kind, callId, state: "running", attempts: 1 },
        update: { state: "running", attempts: { increment: 1 }, error: null },
        select: STEP,
      });
      return stepOf(row);
    },
    async end(runId, path, { output, ...more }) {
      await db.flowStep.update({
        where: at(runId, path),
        data: {
          ...more,
          ...(output !== undefined && { output: jsonOf(output) }),
          ...(more.state !== "waiting" && { finishedAt: new Date() }),
        },
      });
    },
    async answer(runId, path, output) {
      const { count } = await db.flowStep.updateMany({
        where: { organizationId, runId, path, state: "waiting" },
        data: { state: "done", output, finishedAt: new Date() },
      });
      if (count === 0)
        throw new DatabaseError("conflict", "This step waits for nobody: it was answered, or its run is over.", {
          hint: "Look at the run again.",
          subject: runId,
        });
    },
    async known(digest) {
      const row = await db.flowCache.findUnique({
        where: { organizationId_digest: { organizationId, digest } },
        select: { output: true, expiresAt: true },
      });
      return row === null || row.expiresAt <= new Date() ? undefined : { output: row.output };
    },
    remember: (digest, output, forMs) =>
      inTransaction(db, async (tx) => {
        const now = Date.now();
        const data = { output: jsonOf(output), expiresAt: new Date(now + forMs) };
        await tx.flowCache.upsert({
          where: { organizationId_digest: { organizationId, digest } },
          create: { organizationId, digest, ...data },
          update: data,
        });
        await tx.flowCache.deleteMany({ where: { organizationId, expiresAt: { lt: new Date(now) } } });
      }),
  };
}

/** JSON's null is a value here, not the column's absence. */
function jsonOf(value: FlowJson | null) {
  return value === null ? Prisma.JsonNull : value;
}

function runOf<T extends { readonly state: string }>(row: T): T & { readonly state: FlowRunState } {
  const state = flowRunStates.find((one) => one === row.state) ?? "failed";
  return { ...row, state };
}

const stepStates: readonly FlowStepState[] = ["running", "waiting", "done", "failed"];

function stepOf<T extends { readonly state: string }>(row: T): T & { readonly state: FlowStepState } {
  return { ...row, state: stepStates.find((one) => one === row.state) ?? "failed" };
}
