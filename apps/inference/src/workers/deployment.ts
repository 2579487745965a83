import type { EngineStats, GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Logger } from "pino";
import type { HotKey } from "../routing/hot-keys.ts";
import type { Placements } from "../routing/sticky.ts";
import type { LaunchWorker } from "./launch.ts";
import { Placed } from "./placed.ts";
import { DecodePlace } from "./pools/decode-place.ts";
import { type HandOverCounts, PrefillPool } from "./pools/prefill-pool.ts";
import type { LoadProgress, LoadSettings, Pool, ReadAnswer, ReadRequest } from "./protocol.ts";
import { Replica, type ReplicaState, type ReplicaStatus } from "./replica.ts";
import type { Place, PlacedRequest, Servable } from "./servable.ts";
import { stateOf, sumOfStats } from "./sums.ts";

/** A deployment's replicas taken together. */
export interface DeploymentStatus {
  readonly model: string;
  readonly state: ReplicaState;
  readonly progress?: LoadProgress;
  readonly error?: string;
  readonly restarts: number;
  readonly inFlight: number;
  readonly rssBytes?: number;
  readonly loadMs?: number;
  readonly info?: ModelInfo;
  readonly stats?: EngineStats;
  readonly replicas: readonly ReplicaStatus[];
  /** What is asked most often of late. */
  readonly hotKeys: readonly HotKey[];
  readonly placements: Placements;
  /** Requests that were begun anew because their worker had died. */
  readonly retries: number;
  /** What was read in one pool and handed over to the other, where there are two. */
  readonly handOvers?: HandOverCounts;
}

export interface DeploymentOptions {
  readonly model: string;
  readonly settings: LoadSettings;
  readonly launch: LaunchWorker;
  readonly log: Logger;
  /** Requests that may be in flight in all replicas together, waiting ones included. */
  readonly maxInFlight: number;
  /** Worker processes, which share the threads. */
  readonly replicas: number;
  /** Further ones that only read prompts, which the replicas go on from; default 0. */
  readonly prefillReplicas?: number;
}

/** One model served by replicas, each in a supervised worker process of its own. */
export class Deployment implements Servable {
  readonly model: string;
  /** Where requests go; with a prefill pool they only go on there. */
  readonly #replicas: readonly Replica[];
  readonly #placed: Placed<Place>;
  readonly #prefill: PrefillPool | undefined;

  constructor({ prefillReplicas = 0, replicas, settings, ...options }: DeploymentOptions) {
    const { log, model } = options;
    this.model = model;
    const processes = replicas + prefillReplicas;
    const threads = settings.threads === undefined ? {} : { threads: share(settings.threads, processes) };
    const make = (count: number, prefix: string, pool?: Pool) =>
      Array.from({ length: count }, (_, i) => {
        const own = { ...settings, ...threads, ...(pool && { pool }) };
        const maxInFlight = Math.ceil(options.maxInFlight / count);
        return new Replica({ ...options, maxInFlight, id: `${prefix}${i + 1}`, settings: own });
      });
    this.#replicas = make(replicas, "", prefillReplicas > 0 ? "decode" : undefined);
    this.#prefill =
      prefillReplicas > 0 ? new PrefillPool(make(prefillReplicas, "p", "prefill"), model, log) : undefined;
    const prefill = this.#prefill;
    const places = prefill ? this.#replicas.map((replica) => new DecodePlace(replica, prefill)) : this.#replicas;
    this.#placed = new Placed<Place>({
      places: () => places,
      onRetry: ({ message }, attempt) => log.warn({ model, attempt, reason: message }, "request begun anew"),
    });
  }

  get #all(): readonly Replica[] {
    return [...this.#replicas, ...(this.#prefill?.replicas ?? [])];
  }

  get #statuses(): ReplicaStatus[] {
    return this.#all.map((replica) => replica.status());
  }

  status(): DeploymentStatus {
    return {
      ...together(this.model, this.#statuses),
      hotKeys: this.#placed.hotKeys(this.#replicas.length),
      placements: this.#placed.placements,
      retries: this.#placed.retries,
      ...(this.#prefill && { handOvers: this.#prefill.counts }),
    };
  }

  get busy(): boolean {
    return this.#all.some(({ busy }) => busy);
  }

  /** When a request last began or ended, by `performance.now()`. */
  get lastUsed(): number {
    return Math.max(...this.#all.map(({ lastUsed }) => lastUsed));
  }

  /** Resolves when a replica serves, and begins to load all. @throws ServingError */
  ready(): Promise<ModelInfo> {
    this.#prefill?.wake();
    return this.#placed.ready();
  }

  generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    return this.#placed.generate(request);
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.#placed.read(request, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((replica) => replica.close()));
  }
}

function share(threads: number, processes: number): number {
  return Math.max(1, Math.floor(threads / processes));
}

/** What replicas do, as one. */
export function together(
  model: string,
  replicas: readonly ReplicaStatus[],
): Omit<DeploymentStatus, "hotKeys" | "placements" | "retries" | "handOvers"> {
  const sum = (read: (status: ReplicaStatus) => number | undefined) =>
    replicas.reduce((total, status) => total + (read(status) ?? 0), 0);
  const first = <T>(read: (status: ReplicaStatus) => T | undefined) =>
    replicas.map(read).find((value) => value !== undefined);
  const [progress, error, info] = [first((one) => one.progress), first((one) => one.error), first((one) => one.info)];
  const stats = sumOfStats(replicas.flatMap((status) => (status.stats ? [status.stats] : [])));
  const loadMs = Math.max(-1, ...replicas.map((status) => status.loadMs ?? -1));
  return {
    model,
    state: stateOf(replicas.map(({ state }) => state)),
    ...(progress && { progress }),
    ...(error !== undefined && { error }),
    restarts: sum(({ restarts }) => restarts),
    inFlight: sum(({ inFlight }) => inFlight),
    ...(replicas.some(({ rssBytes }) => rssBytes !== undefined) && { rssBytes: sum(({ rssBytes }) => rssBytes) }),
    ...(loadMs >= 0 && { loadMs }),
    ...(info && { info }),
    ...(stats && { stats }),
    replicas,
  };
}
