import { type DeploymentSettings, defaultDeployment } from "@tugboat/db";
import type { Logger } from "pino";
import { parseWorkerName } from "../domain/models/worker-name.ts";
import { Deployment, type DeploymentStatus } from "./deployment.ts";
import { ServingError } from "./errors.ts";
import type { LaunchWorker } from "./launch.ts";
import type { LoadSettings } from "./protocol.ts";
import { adapted, type Servable } from "./servable.ts";

/** What the pool must know of a model to serve it. */
export interface ServableModel {
  /** As `workerName` has it. */
  readonly name: string;
  readonly sourcePath: string;
  /** An adapter: the model that it changes. */
  readonly base?: string | null;
  /** Of its files. */
  readonly bytes: number;
  /** How it is to be served; absent: by the defaults. */
  readonly deployment?: DeploymentSettings;
  /** A smaller model with the same tokenizer, which guesses what it will write. */
  readonly draft?: { readonly name: string; readonly sourcePath: string; readonly bytes: number };
}

/** A deployment's status, and the settings that its worker was started with. */
export interface PoolStatus extends DeploymentStatus {
  readonly applied: DeploymentSettings;
}

export interface PoolOptions {
  /** @returns undefined for a model the catalog doesn't have. By the name that `workerName` gives. */
  readonly find: (name: string) => Promise<ServableModel | undefined>;
  readonly launch: LaunchWorker;
  readonly log: Logger;
  readonly settings: Omit<LoadSettings, "path">;
  /** That all workers together may take, in bytes. */
  readonly memoryBytes: number;
  readonly maxInFlight: number;
}

/** Memory of a worker beside its weights, assumed until it tells its own: Node, pipelines, KV cache. */
const workerOverheadBytes = 200 << 20;

/** How often deployments are looked through for ones that idle too long. */
const idleCheckMs = 15_000;

interface Entry {
  readonly deployment: Deployment;
  /** What the worker was started with. */
  readonly applied: DeploymentSettings;
  /** As configured now: `pinned` and `idleMinutes` hold without a restart. */
  wanted: DeploymentSettings;
  readonly path: string;
  readonly estimateBytes: number;
}

/** What serves the models of the catalog, wherever their workers are. */
export interface ModelPool {
  statuses(): readonly PoolStatus[];
  /** @throws ServingError `unknown-model`, `no-memory`, `model-unavailable`, `shutting-down` */
  get(name: string): Promise<Servable>;
  /** Begins to load a model; its status tells how that goes. @throws ServingError as `get` does */
  load(name: string): Promise<void>;
  /** Takes a model out of memory. @param drainMs how long requests in it may take to end; then they fail */
  unload(name: string, drainMs?: number): Promise<void>;
  /** Starts new workers, with the settings of now; what runs in the old ones ends there. */
  restart(name: string, drainMs: number): Promise<void>;
  close(): Promise<void>;
  /** Requests that run or wait. */
  readonly inFlight: number;
  /** For how long no request has run or waited, in ms. */
  readonly quietMs: number;
}

/** The models that are loaded. One that is asked for is loaded; the one unused the longest goes when memory is short. */
export class DeploymentPool implements ModelPool {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, Entry>();
  /** Taken out of service, and ending what runs in them. */
  readonly #leaving = new Set<Deployment>();
  readonly #idleTimer: NodeJS.Timeout;
  #closed = false;
  /** Admissions run one after another: two at once would count the same free memory. */
  #admission: Promise<unknown> = Promise.resolve();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#idleTimer = setInterval(() => void this.unloadIdle(), idleCheckMs);
    this.#idleTimer.unref();
  }

  statuses(): PoolStatus[] {
    return [...this.#entries.values()].map(({ applied, deployment }) => ({ ...deployment.status(), applied }));
  }

  /**
   * What serves the model, loading or loaded; an adapter is served by its model's worker.
   * @throws ServingError `unknown-model`, `no-memory`, `shutting-down`
   */
  async get(name: string): Promise<Servable> {
    if (this.#closed)
      throw new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
    const model = await this.#options.find(name);
    if (model === undefined) {
      // Its files may be gone: don't keep serving what was removed.
      await this.unload(name);
      throw new ServingError(
        "unknown-model",
        `The model \`${parseWorkerName(name).model}\` does not exist or you do not have access to it.`,
      );
    }
    const { base, sourcePath: path } = model;
    if (typeof base === "string") return adapted(await this.get(base), { name, path });
    const known = this.#entries.get(name);
    if (known?.path === path) {
      known.wanted = model.deployment ?? defaultDeployment;
      return known.deployment;
    }
    const admitted = this.#admission.then(() => this.#admit(model));
    this.#admission = admitted.catch(() => {});
    return admitted;
  }

  /** Begins to load a model; its status tells how that goes. @throws ServingError as `get` does */
  async load(name: string): Promise<void> {
    const deployment = await this.get(name);
    // A failure is in the status and in the log.
    deployment.ready().catch(() => {});
  }

  /**
   * Ends a model's worker. Does nothing when it isn't loaded.
   * @param drainMs how long requests in it may take to end; then they fail
   */
  async unload(name: string, drainMs = 0): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    await this.#end(entry.deployment, drainMs);
  }

  /** Starts a new worker, with the settings of now; what runs in the old one ends there. */
  async restart(name: string, drainMs: number): Promise<void> {
    const old = this.#entries.get(name);
    this.#entries.delete(name);
    const ended = old && this.#end(old.deployment, drainMs);
    ended?.catch((error: Error) => this.#options.log.error({ err: error, model: name }, "old worker did not end"));
    await this.load(name);
  }

  /** Unloads what nobody asked for as long as its settings say. Called by a timer. */
  async unloadIdle(now = performance.now()): Promise<void> {
    for (const [name, entry] of this.#entries) {
      const model = await this.#options.find(name).catch(() => undefined);
      if (model !== undefined) entry.wanted = model.deployment ?? defaultDeployment;
      const { idleMinutes, pinned } = entry.wanted;
      if (idleMinutes === null || pinned || entry.deployment.busy) continue;
      if (now - entry.deployment.lastUsed < idleMinutes * 60_000) continue;
      this.#options.log.info({ model: name, idleMinutes }, "unloading idle model");
      await this.unload(name);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#idleTimer);
    const all = [...[...this.#entries.values()].map(({ deployment }) => deployment), ...this.#leaving];
    await Promise.all(all.map((deployment) => deployment.close()));
  }

  get inFlight(): number {
    const leaving = [...this.#leaving].reduce((sum, deployment) => sum + deployment.status().inFlight, 0);
    return this.statuses().reduce((sum, status) => sum + status.inFlight, leaving);
  }

  async #end(deployment: Deployment, drainMs: number): Promise<void> {
    this.#leaving.add(deployment);
    try {
      const until = performance.now() + drainMs;
      while (deployment.status().inFlight > 0 && performance.now() < until && !this.#closed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await deployment.close();
    } finally {
      this.#leaving.delete(deployment);
    }
  }

  /** For how long no request has run or waited, in ms. */
  get quietMs(): number {
    const deployments = [...this.#entries.values()].map(({ deployment }) => deployment);
    if (deployments.some(({ busy }) => busy)) return 0;
    return performance.now() - Math.max(0, ...deployments.map(({ lastUsed }) => lastUsed));
  }

  async #admit(model: ServableModel): Promise<Deployment> {
    const known = this.#entries.get(model.name);
    if (known?.path === model.sourcePath) return known.deployment;
    if (known !== undefined) await this.unload(model.name);
    const applied = model.deployment ?? defaultDeployment;
    const { embeddingWorkers, headWorkers, layerStages, prefillReplicas, replicas } = applied;
    const processes = "stages" in stagesOf(applied) ? 1 + layerStages + embeddingWorkers + headWorkers : 1;
    const estimateBytes =
      (replicas + prefillReplicas) * (model.bytes + (model.draft?.bytes ?? 0) + processes * workerOverheadBytes);
    await this.#makeRoom(model.name, estimateBytes);
    if (this.#closed)
      throw new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
    const { launch, log, maxInFlight, settings } = this.#options;
    const deployment = new Deployment({
      model: model.name,
      settings: {
        ...settings,
        path: model.sourcePath,
        ...(applied.device !== null && { device: applied.device }),
        ...(applied.contextLength !== null && { contextLength: applied.contextLength }),
        ...(applied.kvCacheBytes !== null && { kvCacheBytes: applied.kvCacheBytes }),
        ...(applied.kvType !== null && { kvType: applied.kvType }),
        ...stagesOf(applied),
        ...(model.draft && { draft: model.draft.sourcePath }),
      },
      launch,
      log,
      maxInFlight: applied.maxInFlight ?? maxInFlight,
      replicas: applied.replicas,
      prefillReplicas: applied.prefillReplicas,
    });
    const path = model.sourcePath;
    this.#entries.set(model.name, { deployment, applied, wanted: applied, path, estimateBytes });
    return deployment;
  }

  async #makeRoom(name: string, neededBytes: number): Promise<void> {
    const { log, memoryBytes } = this.#options;
    while (this.#usedBytes() + neededBytes > memoryBytes && this.#entries.size > 0) {
      const idle = [...this.#entries.values()].filter(({ deployment, wanted }) => !deployment.busy && !wanted.pinned);
      const victim = idle.sort((a, b) => a.deployment.lastUsed - b.deployment.lastUsed)[0];
      if (victim === undefined) {
        throw new ServingError(
          "no-memory",
          `There is no memory for ${parseWorkerName(name).model}: it needs ${mib(neededBytes)}, and models that are pinned or answer requests now take ${mib(this.#usedBytes())} of ${mib(memoryBytes)}.`,
          { hint: "Try again when they are done, or raise TUGBOAT_MODEL_MEMORY (MiB).", retryAfterSeconds: 5 },
        );
      }
      log.info({ model: victim.deployment.model, for: name }, "unloading model to make room");
      await this.unload(victim.deployment.model);
    }
    if (this.#entries.size === 0 && neededBytes > memoryBytes) {
      throw new ServingError(
        "no-memory",
        `${parseWorkerName(name).model} needs ${mib(neededBytes)} of memory; ${mib(memoryBytes)} are allowed for models.`,
        { hint: "Use a smaller quantisation, or raise TUGBOAT_MODEL_MEMORY (MiB)." },
      );
    }
  }

  #usedBytes(): number {
    let used = 0;
    for (const { deployment, estimateBytes } of this.#entries.values()) {
      used += deployment.status().rssBytes ?? estimateBytes;
    }
    return used;
  }
}

/** @returns nothing where the model stays in one piece */
function stagesOf({ embeddingWorkers: embedding, headWorkers: head, layerStages: layers }: DeploymentSettings) {
  return layers > 1 || embedding > 0 || head > 0 ? { stages: { layers, embedding, head } } : {};
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
