import type { EngineStats, GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Logger } from "pino";
import type { HotKey } from "../routing/hot-keys.ts";
import type { Placements } from "../routing/sticky.ts";
import type { LaunchWorker } from "./launch.ts";
import { Placed } from "./placed.ts";
import type { LoadProgress, LoadSettings, ReadAnswer, ReadRequest } from "./protocol.ts";
import { Replica, type ReplicaState, type ReplicaStatus } from "./replica.ts";
import type { PlacedRequest, Servable } from "./servable.ts";
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
}

/** One model served by replicas, each in a supervised worker process of its own. */
export class Deployment implements Servable {
  readonly model: string;
  readonly #replicas: readonly Replica[];
  readonly #placed: Placed<Replica>;

  constructor({ replicas, settings, ...options }: DeploymentOptions) {
    const { log, model } = options;
    this.model = model;
    const threads = settings.threads === undefined ? undefined : Math.max(1, Math.floor(settings.threads / replicas));
    const maxInFlight = Math.ceil(options.maxInFlight / replicas);
    this.#replicas = Array.from(
      { length: replicas },
      (_, i) =>
        new Replica({
          ...options,
          maxInFlight,
          id: String(i + 1),
          settings: threads === undefined ? settings : { ...settings, threads },
        }),
    );
    this.#placed = new Placed({
      places: () => this.#replicas,
      onRetry: ({ message }, attempt) => log.warn({ model, attempt, reason: message }, "request begun anew"),
    });
  }

  get #statuses(): ReplicaStatus[] {
    return this.#replicas.map((replica) => replica.status());
  }

  status(): DeploymentStatus {
    return {
      ...together(this.model, this.#statuses),
      hotKeys: this.#placed.hotKeys(this.#replicas.length),
      placements: this.#placed.placements,
      retries: this.#placed.retries,
    };
  }

  get busy(): boolean {
    return this.#replicas.some(({ busy }) => busy);
  }

  /** When a request last began or ended, by `performance.now()`. */
  get lastUsed(): number {
    return Math.max(...this.#replicas.map(({ lastUsed }) => lastUsed));
  }

  /** Resolves when a replica serves, and begins to load all. @throws ServingError */
  ready(): Promise<ModelInfo> {
    return this.#placed.ready();
  }

  generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    return this.#placed.generate(request);
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.#placed.read(request, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.close()));
  }
}

/** What replicas do, as one. */
export function together(
  model: string,
  replicas: readonly ReplicaStatus[],
): Omit<DeploymentStatus, "hotKeys" | "placements" | "retries"> {
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
