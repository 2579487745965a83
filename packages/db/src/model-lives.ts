import { z } from "zod";
import type { Db } from "./client.ts";

export const lifeStages = ["preview", "active", "deprecated"] as const;
export type LifeStage = (typeof lifeStages)[number];
const stage = z.enum(lifeStages);

/** Where a model stands in its life. One without a row is active. */
export interface ModelLife {
  /** As requests name it: a model of this machine, or `upstream/model`. */
  readonly name: string;
  readonly stage: LifeStage;
  readonly deprecatedAt: Date | null;
  readonly sunsetAt: Date | null;
  readonly successor: string | null;
  readonly note: string;
  readonly updatedAt: Date;
}

export interface ModelLives {
  /** By name. */
  list(): Promise<ModelLife[]>;
  get(name: string): Promise<ModelLife | null>;
  set(name: string, life: Omit<ModelLife, "name" | "updatedAt">): Promise<ModelLife>;
  /** Makes it active, as if nothing had been said. */
  remove(name: string): Promise<void>;
}

export function modelLivesOf(db: Db, organizationId: string): ModelLives {
  const key = (name: string) => ({ organizationId_name: { organizationId, name } });
  const omit = { organizationId: true } as const;
  const read = <Row extends { stage: string }>(row: Row) => ({ ...row, stage: stage.parse(row.stage) });
  return {
    async list() {
      const rows = await db.modelLife.findMany({ where: { organizationId }, orderBy: { name: "asc" }, omit });
      return rows.map(read);
    },
    async get(name) {
      const row = await db.modelLife.findUnique({ where: key(name), omit });
      return row && read(row);
    },
    async set(name, life) {
      const row = await db.modelLife.upsert({
        where: key(name),
        create: { organizationId, name, ...life },
        update: life,
        omit,
      });
      return read(row);
    },
    async remove(name) {
      await db.modelLife.deleteMany({ where: { organizationId, name } });
    },
  };
}
