import { defaultDeployment } from "@tugboat/db";
import type { Logger } from "pino";
import { parseWorkerName } from "../domain/models/worker-name.ts";
import { together } from "../workers/deployment.ts";
import { ServingError } from "../workers/errors.ts";
import type { ModelPool, PoolStatus, ServableModel } from "../workers/pool.ts";
import { adapted, type Servable } from "../workers/servable.ts";
import type { EngineDirectory } from "./directory.ts";
import { EngineClient } from "./engine-client.ts";
import { FleetModel } from "./fleet-model.ts";

export interface FleetOptions {
  /** @returns undefined for a model the catalog doesn't have */
  readonly find: (name: string) => Promise<ServableModel | undefined>;
  readonly directory: EngineDirectory;
  readonly secret: string;
  readonly log: Logger;
  /** Engines have come or gone, and there are some: what should be loaded may have to be loaded elsewhere. */
  readonly onEngine?: () => void;
  /** How long a request waits for the first engine. */
  readonly patienceMs?: number;
}

const mostHotKeys = 8;

/** The engines in other processes, as one: what an edge without an engine of its own asks. */
export class Fleet implements ModelPool {
  readonly #options: FleetOptions;
  readonly #engines = new Map<string, EngineClient>();
  readonly #models = new Map<string, FleetModel>();
  readonly #stopWatching: () => void;
  #waiting: (() => void)[] = [];
  #known = 0;
  #closed = false;
  #lastBusy = performance.now();

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#stopWatching = options.directory.watch((addresses) => this.#follow(addresses));
  }

  /** How many engines are connected now. */
  get connected(): number {
    return this.#connectedNow().length;
  }

  get inFlight(): number {
    return [...this.#engines.values()].reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  get quietMs(): number {
    this.#noteBusy();
    return performance.now() - this.#lastBusy;
  }

  async get(name: string): Promise<Servable> {
    if (this.#closed) throw shuttingDown();
    const model = await this.#options.find(name);
    if (model === undefined) {
      await this.unload(name);
      throw new ServingError(
        "unknown-model",
        `The model \`${parseWorkerName(name).model}\` does not exist or you do not have access to it.`,
      );
    }
    const { base, bytes, sourcePath } = model;
    if (typeof base === "string") return adapted(await this.get(base), { name, path: sourcePath });
    const { draft } = model;
    const ref = {
      name,
      sourcePath,
      bytes,
      deployment: model.deployment ?? defaultDeployment,
      ...(draft && { draft }),
    };
    const known = this.#models.get(name);
    if (known !== undefined) {
      known.model = ref;
      return known;
    }
    const { log } = this.#options;
    const made = new FleetModel(ref, { engines: () => this.#someEngines(), log });
    this.#models.set(name, made);
    return made;
  }

  async load(name: string): Promise<void> {
    const model = await this.get(name);
    await this.#someEngines();
    model
      .ready()
      .catch((error: Error) => this.#options.log.error({ err: error, model: name }, "a model is not loaded"));
  }

  async unload(name: string, drainMs = 0): Promise<void> {
    this.#models.delete(name);
    const holders = this.#connectedNow().filter(({ statuses }) => statuses.some(({ model }) => model === name));
    await Promise.all(holders.map((engine) => engine.unload(name, drainMs)));
  }

  async restart(name: string, drainMs: number): Promise<void> {
    await this.get(name);
    const engines = await this.#someEngines();
    const shares = this.#models.get(name)?.shares(engines) ?? [];
    // One that has no part of it any more lets it go.
    const others = engines.filter((engine) => !shares.some(({ client }) => client === engine));
    await Promise.all([
      ...shares.map(({ client, model }) => client.restart(model, drainMs)),
      ...others.map((engine) => engine.unload(name, drainMs)),
    ]);
  }

  statuses(): PoolStatus[] {
    const byModel = new Map<string, { address: string; status: PoolStatus }[]>();
    for (const { address, statuses } of this.#connectedNow()) {
      for (const status of statuses) {
        byModel.set(status.model, [...(byModel.get(status.model) ?? []), { address, status }]);
      }
    }
    return [...byModel].map(([model, parts]) => this.#together(model, parts));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching();
    this.#wake();
    for (const engine of this.#engines.values()) engine.close();
  }

  #together(model: string, parts: readonly { address: string; status: PoolStatus }[]): PoolStatus {
    const replicas = parts.flatMap(({ address, status }) => status.replicas.map((one) => ({ ...one, node: address })));
    const own = this.#models.get(model)?.placed;
    const sum = (read: (status: PoolStatus) => number) => parts.reduce((total, { status }) => total + read(status), 0);
    const applied = parts[0]?.status.applied ?? defaultDeployment;
    return {
      ...together(model, replicas),
      // Each engine was told its part of them.
      applied: { ...applied, replicas: sum((status) => status.applied.replicas) },
      hotKeys: parts
        .flatMap(({ status }) => status.hotKeys)
        .toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond)
        .slice(0, mostHotKeys),
      // Where several engines serve it, the choice among them is what counts.
      placements:
        parts.length > 1 && own
          ? own.placements
          : {
              sticky: sum(({ placements }) => placements.sticky),
              spread: sum(({ placements }) => placements.spread),
              spilled: sum(({ placements }) => placements.spilled),
              free: sum(({ placements }) => placements.free),
            },
      retries: sum(({ retries }) => retries) + (own?.retries ?? 0),
    };
  }

  #connectedNow(): EngineClient[] {
    return [...this.#engines.values()].filter(({ connected }) => connected);
  }

  #follow(addresses: readonly string[]): void {
    if (this.#closed) return;
    const { log, secret } = this.#options;
    for (const [address, engine] of this.#engines) {
      // What still works is kept, whatever the directory says: a heartbeat may be late.
      if (addresses.includes(address) || engine.connected) continue;
      engine.close();
      this.#engines.delete(address);
    }
    for (const address of addresses) {
      if (this.#engines.has(address)) continue;
      this.#engines.set(address, new EngineClient({ address, secret, log, onChange: () => this.#changed() }));
    }
  }

  #changed(): void {
    this.#noteBusy();
    const connected = this.connected;
    if (connected > 0) this.#wake();
    const isOther = connected !== this.#known;
    this.#known = connected;
    if (isOther && connected > 0) this.#options.onEngine?.();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #noteBusy(): void {
    if (this.inFlight > 0 || this.statuses().some(({ inFlight }) => inFlight > 0)) this.#lastBusy = performance.now();
  }

  /** @throws ServingError when none connects in time */
  async #someEngines(): Promise<readonly EngineClient[]> {
    const until = performance.now() + (this.#options.patienceMs ?? 15_000);
    for (;;) {
      if (this.#closed) throw shuttingDown();
      const engines = this.#connectedNow();
      if (engines.length > 0) return engines;
      const left = until - performance.now();
      if (left <= 0) {
        throw new ServingError("model-unavailable", "No engine is connected that could run a model.", {
          hint: "Start a process with TUGBOAT_ROLES=engine, with the same database and secret.",
          retryAfterSeconds: 5,
        });
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

function shuttingDown(): ServingError {
  return new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
}
