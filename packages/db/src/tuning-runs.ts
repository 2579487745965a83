import { z } from "zod";
import type { Db } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { TuningRun } from "./generated/client.ts";

/** JSON as the column takes it; its shape is the caller's. */
type Json = NonNullable<Parameters<Db["tuningRun"]["create"]>[0]["data"]["config"]>;

const samples = z.array(z.object({ input: z.string(), output: z.string(), rejected: z.string().optional() }));

export interface NewTuningRun {
  readonly name: string;
  /** The base model's name. */
  readonly model: string;
  readonly minutes: number;
  readonly config: Json;
  readonly samples: z.output<typeof samples>;
  readonly createdBy: string;
}

/** A run as lists show it. `config`, `progress`, `report` and `summary` have the shapes of the tuning domain. */
export interface TuningRunInfo {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly minutes: number;
  readonly config: unknown;
  readonly stage: string;
  readonly summary: unknown;
  /** The catalog's name of what came out; null until then. */
  readonly tunedModel: string | null;
  readonly stopAsked: boolean;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface TuningRunDetail extends TuningRunInfo {
  readonly samples: z.output<typeof samples>;
  readonly progress: unknown;
  readonly report: unknown;
}

export interface TuningRuns {
  /** The newest first, at most 200. */
  list(): Promise<TuningRunInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<TuningRunDetail>;
  create(run: NewTuningRun): Promise<TuningRunInfo>;
  /** Says which job does the work. */
  assign(id: string, jobId: string): Promise<void>;
  /** How far it is. */
  note(id: string, stage: string, progress: Json): Promise<void>;
  /** @throws DatabaseError `not-found` */
  askToStop(id: string): Promise<void>;
  stopAsked(id: string): Promise<boolean>;
  finish(
    id: string,
    out: { readonly report: Json; readonly summary: Json; readonly tunedModel: string },
  ): Promise<void>;
}

const LISTED = {
  id: true,
  name: true,
  model: true,
  minutes: true,
  config: true,
  stage: true,
  summary: true,
  tunedModel: true,
  stopAsked: true,
  jobId: true,
  createdBy: true,
  createdAt: true,
  updatedAt: true,
} as const;

export function tuningRunsOf(db: Db, organizationId: string): TuningRuns {
  const key = (id: string) => ({ organizationId_id: { organizationId, id } });
  const read = async (id: string): Promise<TuningRun> => {
    const row = await db.tuningRun.findUnique({ where: key(id) });
    if (row !== null) return row;
    throw new DatabaseError("not-found", `There is no tuning run ${id}.`, { hint: "The list of runs shows them." });
  };
  return {
    list: () =>
      db.tuningRun.findMany({ where: { organizationId }, orderBy: { id: "desc" }, take: 200, select: LISTED }),
    async get(id) {
      const { organizationId: _, ...row } = await read(id);
      return { ...row, samples: samples.parse(row.samples) };
    },
    create: (run) => db.tuningRun.create({ data: { organizationId, ...run }, select: LISTED }),
    async assign(id, jobId) {
      await db.tuningRun.update({ where: key(id), data: { jobId } });
    },
    async note(id, stage, progress) {
      await db.tuningRun.update({ where: key(id), data: { stage, progress } });
    },
    async askToStop(id) {
      await read(id);
      await db.tuningRun.update({ where: key(id), data: { stopAsked: true } });
    },
    async stopAsked(id) {
      const row = await db.tuningRun.findUnique({ where: key(id), select: { stopAsked: true } });
      return row?.stopAsked ?? true;
    },
    async finish(id, out) {
      await db.tuningRun.update({ where: key(id), data: { ...out, stage: "done" } });
    },
  };
}
