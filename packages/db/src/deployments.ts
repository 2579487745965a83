import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Deployment } from "./generated/client.ts";
import { lockOrganization } from "./projects.ts";
import { checkVersion, nextVersion } from "./versions.ts";

export type DeploymentDevice = "auto" | "cpu" | "webgpu";
export type DeploymentKvType = "f16" | "f32" | "q8_0";

/** How a model is served; null is the default of this machine. */
export interface DeploymentSettings {
  /** In tokens. */
  readonly contextLength: number | null;
  readonly kvCacheBytes: number | null;
  /** What keys and values are kept in. */
  readonly kvType: DeploymentKvType | null;
  /** The name of a smaller model that guesses what it will write; null: guesses come from the text alone. */
  readonly draft: string | null;
  /** Requests that may run or wait. */
  readonly maxInFlight: number | null;
  readonly device: DeploymentDevice | null;
  /** Unloaded after this long without a request. */
  readonly idleMinutes: number | null;
  /** Never unloaded to make room for another model. */
  readonly pinned: boolean;
  /** Worker processes that share its requests. */
  readonly replicas: number;
  /** Further workers that only read prompts, and hand what they read to the replicas; 0: each reads its own. */
  readonly prefillReplicas: number;
  /** Parts that each replica's layers are divided into, one worker each. */
  readonly layerStages: number;
  /** Workers of each replica's embedding; 0: the first layers' does it. */
  readonly embeddingWorkers: number;
  /** Workers of each replica's norm, logits and sampling; 0: the last layers' does it. */
  readonly headWorkers: number;
}

export interface DeploymentInfo extends DeploymentSettings {
  readonly model: string;
  /** Null until it was configured for the first time. */
  readonly updatedAt: Date | null;
}

export const defaultDeployment: DeploymentSettings = {
  contextLength: null,
  kvCacheBytes: null,
  kvType: null,
  draft: null,
  maxInFlight: null,
  device: null,
  idleMinutes: null,
  pinned: false,
  replicas: 1,
  prefillReplicas: 0,
  layerStages: 1,
  embeddingWorkers: 0,
  headWorkers: 0,
};

export interface Deployments {
  /** Of every model, configured or not, by name. Adapters are served by their model's. */
  list(): Promise<DeploymentInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(model: string): Promise<DeploymentInfo>;
  /**
   * @param seen null by one who saw that it was never configured
   * @throws DatabaseError `not-found`, `conflict`
   */
  configure(model: string, settings: DeploymentSettings, seen: Date | null): Promise<DeploymentInfo>;
}

export function deploymentsOf(db: Db, organizationId: string): Deployments {
  const find = async (client: Db, name: string) => {
    const model = await client.model.findUnique({
      where: { organizationId_name: { organizationId, name } },
      include: { deployments: true },
    });
    if (!model) throw new DatabaseError("not-found", `There is no model ${name}.`);
    return model;
  };
  const get = async (client: Db, name: string) => {
    const { deployments } = await find(client, name);
    return info(name, deployments[0]);
  };
  return {
    async list() {
      const models = await db.model.findMany({
        where: { organizationId, base: null },
        orderBy: { name: "asc" },
        include: { deployments: true },
      });
      return models.map(({ name, deployments }) => info(name, deployments[0]));
    },

    get: (model) => get(db, model),

    configure: (name, { kvCacheBytes, ...settings }, seen) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const { id, deployments } = await find(tx, name);
        const before = deployments[0];
        const changed = `The deployment of ${name}`;
        if (before !== undefined) checkVersion(before, seen ?? new Date(0), changed, id);
        else if (seen !== null) checkVersion({ updatedAt: new Date(0) }, seen, changed, id);
        const data = { ...settings, kvCacheBytes: kvCacheBytes === null ? null : BigInt(kvCacheBytes) };
        await tx.deployment.upsert({
          where: { organizationId_modelId: { organizationId, modelId: id } },
          create: { ...data, organizationId, modelId: id },
          update: { ...data, ...(before && { updatedAt: nextVersion(before) }) },
        });
        return get(tx, name);
      }),
  };
}

const devices: readonly DeploymentDevice[] = ["auto", "cpu", "webgpu"];
const kvTypes: readonly DeploymentKvType[] = ["f16", "f32", "q8_0"];

function info(model: string, row: Deployment | undefined): DeploymentInfo {
  if (row === undefined) return { model, ...defaultDeployment, updatedAt: null };
  return {
    model,
    contextLength: row.contextLength,
    kvCacheBytes: row.kvCacheBytes === null ? null : Number(row.kvCacheBytes),
    kvType: kvTypes.find((one) => one === row.kvType) ?? null,
    draft: row.draft,
    maxInFlight: row.maxInFlight,
    device: devices.find((one) => one === row.device) ?? null,
    idleMinutes: row.idleMinutes,
    pinned: row.pinned,
    replicas: row.replicas,
    prefillReplicas: row.prefillReplicas,
    layerStages: row.layerStages,
    embeddingWorkers: row.embeddingWorkers,
    headWorkers: row.headWorkers,
    updatedAt: row.updatedAt,
  };
}
