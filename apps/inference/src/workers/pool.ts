import type { Logger } from "pino";
import { Deployment, type DeploymentStatus } from "./deployment.ts";
import { ServingError } from "./errors.ts";
import type { LaunchWorker } from "./launch.ts";
import type { LoadSettings } from "./protocol.ts";

/** What the pool must know of a model to serve it. */
export interface ServableModel {
  readonly name: string;
  readonly sourcePath: string;
  /** Of its files. */
  readonly bytes: number;
}

export interface PoolOptions {
  /** @returns undefined for a model the catalog doesn't have */
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

interface Entry {
  readonly deployment: Deployment;
  readonly path: string;
  readonly estimateBytes: number;
}

/** The models that are loaded. One that is asked for is loaded; the one unused the longest goes when memory is short. */
export class DeploymentPool {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, Entry>();
  #closed = false;
  /** Admissions run one after another: two at once would count the same free memory. */
  #admission: Promise<unknown> = Promise.resolve();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  statuses(): DeploymentStatus[] {
    return [...this.#entries.values()].map(({ deployment }) => deployment.status());
  }

  /**
   * The model's deployment, loading or loaded.
   * @throws ServingError `unknown-model`, `no-memory`, `shutting-down`
   */
  async get(name: string): Promise<Deployment> {
    if (this.#closed)
      throw new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
    const model = await this.#options.find(name);
    if (model === undefined) {
      // Its files may be gone: don't keep serving what was removed.
      await this.unload(name);
      throw new ServingError("unknown-model", `The model \`${name}\` does not exist or you do not have access to it.`);
    }
    const known = this.#entries.get(name);
    if (known?.path === model.sourcePath) return known.deployment;
    const admitted = this.#admission.then(() => this.#admit(model));
    this.#admission = admitted.catch(() => {});
    return admitted;
  }

  /** Ends a model's worker; requests in it fail. Does nothing when it isn't loaded. */
  async unload(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    await entry.deployment.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#entries.values()].map(({ deployment }) => deployment.close()));
  }

  get inFlight(): number {
    return this.statuses().reduce((sum, status) => sum + status.inFlight, 0);
  }

  async #admit(model: ServableModel): Promise<Deployment> {
    const known = this.#entries.get(model.name);
    if (known?.path === model.sourcePath) return known.deployment;
    if (known !== undefined) await this.unload(model.name);
    const estimateBytes = model.bytes + workerOverheadBytes;
    await this.#makeRoom(model.name, estimateBytes);
    if (this.#closed)
      throw new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
    const { launch, log, maxInFlight, settings } = this.#options;
    const deployment = new Deployment({
      model: model.name,
      settings: { ...settings, path: model.sourcePath },
      launch,
      log,
      maxInFlight,
    });
    this.#entries.set(model.name, { deployment, path: model.sourcePath, estimateBytes });
    return deployment;
  }

  async #makeRoom(name: string, neededBytes: number): Promise<void> {
    const { log, memoryBytes } = this.#options;
    while (this.#usedBytes() + neededBytes > memoryBytes && this.#entries.size > 0) {
      const idle = [...this.#entries.values()].filter(({ deployment }) => !deployment.busy);
      const victim = idle.sort((a, b) => a.deployment.lastUsed - b.deployment.lastUsed)[0];
      if (victim === undefined) {
        throw new ServingError(
          "no-memory",
          `There is no memory for ${name}: it needs ${mib(neededBytes)}, and models that answer requests now take ${mib(this.#usedBytes())} of ${mib(memoryBytes)}.`,
          { hint: "Try again when they are done, or raise TUGBOAT_MODEL_MEMORY (MiB).", retryAfterSeconds: 5 },
        );
      }
      log.info({ model: victim.deployment.model, for: name }, "unloading model to make room");
      await this.unload(victim.deployment.model);
    }
    if (this.#entries.size === 0 && neededBytes > memoryBytes) {
      throw new ServingError(
        "no-memory",
        `${name} needs ${mib(neededBytes)} of memory; ${mib(memoryBytes)} are allowed for models.`,
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

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
