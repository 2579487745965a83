import type { EngineStats, GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Logger } from "pino";
import { parseWorkerName } from "../domain/models/worker-name.ts";
import { crashesAfter, restartDelayMs } from "./backoff.ts";
import { RemoteError, ServingError } from "./errors.ts";
import { EventStream } from "./event-stream.ts";
import type { LaunchWorker, WorkerLink } from "./launch.ts";
import {
  creditWindow,
  type FromWorker,
  type HandOverAddress,
  type LoadProgress,
  type LoadSettings,
  type Pool,
  type PrefillAnswer,
  type ReadAnswer,
  type ReadRequest,
  type StageStatus,
} from "./protocol.ts";
import type { Place, PlacedRequest } from "./servable.ts";

/**
 * idle → loading → ready → restarting → loading …; loading → failed → loading; any → closed.
 * `restarting` is the pause between a death and the next start.
 */
export type ReplicaState = "idle" | "loading" | "ready" | "restarting" | "failed" | "closed";

export interface ReplicaStatus {
  readonly id: string;
  /** The engine that it belongs to; absent for this process. */
  readonly node?: string;
  /** What it does of a request; absent where it does all of it. */
  readonly pool?: Pool;
  readonly state: ReplicaState;
  readonly progress?: LoadProgress;
  readonly error?: string;
  readonly restarts: number;
  readonly inFlight: number;
  readonly pid?: number;
  readonly rssBytes?: number;
  readonly loadMs?: number;
  readonly info?: ModelInfo;
  readonly stats?: EngineStats;
  /** The processes that its model is divided among. */
  readonly stages?: readonly StageStatus[];
}

export interface ReplicaOptions {
  readonly model: string;
  /** Apart from the model's other replicas. */
  readonly id: string;
  readonly settings: LoadSettings;
  readonly launch: LaunchWorker;
  readonly log: Logger;
  /** Requests that may be in flight, waiting ones included. */
  readonly maxInFlight: number;
}

/** Of all places, what one organization may take: the others always find some. */
const mostOfOne = 0.75;
/** Requests wait for a restart that comes this soon; else they are refused. */
const patienceMs = 2000;
/** A model that failed to load is tried again by a request after this. */
const retryFailedMs = 10_000;
const closeGraceMs = 5000;

/** One model served by one supervised worker process. */
export class Replica implements Place {
  readonly id: string;
  readonly model: string;
  readonly #options: ReplicaOptions;
  #state: ReplicaState = "idle";
  #link: WorkerLink | undefined;
  #streams = new Map<number, EventStream>();
  /** Whose request each is, while it is in flight. */
  readonly #owners = new Map<number, string>();
  readonly #readings = new Map<number, { resolve: (result: ReadAnswer) => void; reject: (error: Error) => void }>();
  readonly #prefills = new Map<number, { resolve: (result: PrefillAnswer) => void; reject: (error: Error) => void }>();
  #takesAt: HandOverAddress | undefined;
  /** As people know it. */
  readonly #name: string;
  #nextId = 1;
  #waiting: { resolve: (info: ModelInfo) => void; reject: (error: Error) => void }[] = [];
  #progress: LoadProgress | undefined;
  #failure: ServingError | undefined;
  #failedAt = 0;
  #crashes = 0;
  #restarts = 0;
  #readyAt = 0;
  #restartAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #info: ModelInfo | undefined;
  #stats: EngineStats | undefined;
  #stages: readonly StageStatus[] | undefined;
  #rssBytes: number | undefined;
  #loadMs: number | undefined;
  #exited: (() => void) | undefined;
  /** When a request last began or ended, by `performance.now()`. */
  lastUsed = performance.now();

  constructor(options: ReplicaOptions) {
    this.id = options.id;
    this.model = options.model;
    this.#name = parseWorkerName(options.model).model;
    this.#options = options;
  }

  status(): ReplicaStatus {
    return {
      id: this.id,
      ...(this.#options.settings.pool && { pool: this.#options.settings.pool }),
      state: this.#state,
      ...(this.#state === "loading" && this.#progress && { progress: this.#progress }),
      ...(this.#failure && { error: this.#failure.message }),
      restarts: this.#restarts,
      inFlight: this.#streams.size + this.#readings.size + this.#prefills.size,
      ...(this.#link?.pid !== undefined && { pid: this.#link.pid }),
      ...(this.#rssBytes !== undefined && { rssBytes: this.#rssBytes }),
      ...(this.#loadMs !== undefined && { loadMs: this.#loadMs }),
      ...(this.#info && { info: this.#info }),
      ...(this.#stats && { stats: this.#stats }),
      ...(this.#stages && { stages: this.#stages }),
    };
  }

  get state(): ReplicaState {
    return this.#state;
  }

  wake(): void {
    const hasFailed = this.#state === "failed" && performance.now() - this.#failedAt >= retryFailedMs;
    if (this.#state === "idle" || hasFailed) this.#start();
  }

  get usable(): boolean {
    return this.#state === "ready";
  }

  /** Requests that run in it or wait for it. */
  get load(): number {
    return this.#streams.size + this.#readings.size + this.#prefills.size + this.#waiting.length;
  }

  get busy(): boolean {
    return this.load > 0 || this.#state === "loading";
  }

  /**
   * Resolves when the model serves; starts its worker unless one is there.
   * @throws ServingError
   */
  ready(): Promise<ModelInfo> {
    switch (this.#state) {
      case "ready":
        if (this.#info !== undefined) return Promise.resolve(this.#info);
        break;
      case "closed":
        return Promise.reject(shuttingDown());
      case "failed":
        if (this.#failure && performance.now() - this.#failedAt < retryFailedMs) return Promise.reject(this.#failure);
        this.#start();
        break;
      case "restarting": {
        const waitMs = this.#restartAt - performance.now();
        if (waitMs > patienceMs) return Promise.reject(this.#restarting(waitMs));
        break;
      }
      case "idle":
        this.#start();
        break;
      case "loading":
        break;
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /**
   * Hands a request to the worker. Iterating to the end or leaving early both free it; leaving stops its decode.
   * @throws ServingError; the returned stream throws RemoteError for what the engine refuses and ServingError
   *   (`worker-died`) when the process dies.
   */
  async generate({
    affinity: _,
    whole: __,
    ...request
  }: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    this.#checkShare(request.cacheScope);
    const { id, link } = await this.#admit();
    const stream = new EventStream({
      onCredit: (credits) => link.send({ type: "credit", id, credits }),
      onCancel: () => {
        this.#streams.delete(id);
        this.#owners.delete(id);
        link.send({ type: "cancel", id });
      },
    });
    this.#streams.set(id, stream);
    if (request.cacheScope !== undefined) this.#owners.set(id, request.cacheScope);
    // What names no scope of its own shares nothing: a prefix found would tell one caller of another's text.
    const scoped = { ...request, cacheScope: request.cacheScope ?? `${this.model} ${id}` };
    link.send({ type: "generate", id, request: scoped, credits: creditWindow });
    return stream;
  }

  /**
   * Reads texts, into vectors or likelihoods; an abort leaves the texts not yet begun out.
   * @throws ServingError, RemoteError
   */
  async read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    const { id, link } = await this.#admit();
    signal.throwIfAborted();
    const leave = () => {
      link.send({ type: "cancel", id });
      this.#readings.get(id)?.reject(new Error("nobody waits for what is read"));
      this.#readings.delete(id);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await new Promise<ReadAnswer>((resolve, reject) => {
        this.#readings.set(id, { resolve, reject });
        link.send({ type: "read", id, request });
      });
    } finally {
      signal.removeEventListener("abort", leave);
      this.lastUsed = performance.now();
    }
  }

  /** Where it takes what others read, when it is a ready worker of the decode pool. */
  get takesAt(): HandOverAddress | undefined {
    return this.#takesAt;
  }

  /** Has a request's prompt read, and handed over to another worker. @throws ServingError, RemoteError */
  async prefill({ affinity: _, whole: __, ...request }: PlacedRequest, to: HandOverAddress): Promise<PrefillAnswer> {
    this.#checkShare(request.cacheScope);
    const { id, link } = await this.#admit();
    try {
      return await new Promise<PrefillAnswer>((resolve, reject) => {
        this.#prefills.set(id, { resolve, reject });
        link.send({ type: "prefill", id, request, to });
      });
    } finally {
      this.lastUsed = performance.now();
    }
  }

  /** @throws ServingError `queue-full` for an organization that has its share of the places */
  #checkShare(owner: string | undefined): void {
    if (owner === undefined) return;
    const most = Math.ceil(this.#options.maxInFlight * mostOfOne);
    let own = 0;
    for (const other of this.#owners.values()) if (other === owner) own += 1;
    if (own < most) return;
    throw new ServingError("queue-full", `${own} requests of this organization already wait for ${this.#name}.`, {
      hint: `One organization may have ${most} at once, so that others find room. Send the request again a little later.`,
      retryAfterSeconds: 1,
    });
  }

  /** Waits until the worker takes requests. @throws ServingError */
  async #admit(): Promise<{ id: number; link: WorkerLink }> {
    const { maxInFlight } = this.#options;
    if (this.load >= maxInFlight) {
      throw new ServingError("queue-full", `${maxInFlight} requests already wait for ${this.#name}.`, {
        hint: "Send the request again a little later.",
        retryAfterSeconds: 1,
      });
    }
    await this.ready();
    const link = this.#link;
    if (this.#state !== "ready" || link === undefined) throw this.#died("went away");
    this.lastUsed = performance.now();
    return { id: this.#nextId++, link };
  }

  /** Ends the worker. Requests still in it fail with `shutting-down`. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#settleWaiting(shuttingDown());
    this.#endStreams(shuttingDown());
    const link = this.#link;
    if (link === undefined) return;
    const exited = new Promise<void>((resolve) => {
      this.#exited = resolve;
    });
    link.send({ type: "close" });
    const timer = setTimeout(() => link.kill(), closeGraceMs);
    await exited;
    clearTimeout(timer);
  }

  #start(): void {
    this.#state = "loading";
    this.#failure = undefined;
    this.#progress = undefined;
    const link = this.#options.launch(this.model);
    this.#link = link;
    this.#options.log.info({ model: this.model, pid: link.pid }, "loading model");
    link.onMessage((message) => this.#receive(message));
    link.onExit((reason) => {
      if (this.#link === link) this.#onExit(reason);
    });
    link.send({ type: "load", settings: this.#options.settings });
  }

  #receive(message: FromWorker): void {
    if (this.#state === "closed") return;
    switch (message.type) {
      case "progress":
        this.#progress = message.progress;
        return;
      case "ready":
        this.#state = "ready";
        this.#info = message.info;
        this.#takesAt = message.takesAt;
        this.#loadMs = message.loadMs;
        this.#readyAt = performance.now();
        this.#options.log.info({ model: this.model, loadMs: Math.round(message.loadMs) }, "model ready");
        this.#settleWaiting(message.info);
        return;
      case "load-failed": {
        const { message: why, hint } = message.error;
        const link = this.#link;
        this.#link = undefined;
        this.#fail(new ServingError("model-unavailable", `${this.#name} can't be loaded: ${why}`, { hint }));
        link?.send({ type: "close" });
        return;
      }
      case "events":
        for (const { id, events, end } of message.requests) {
          const stream = this.#streams.get(id);
          if (stream === undefined) continue;
          stream.push(events);
          if (end === undefined) continue;
          this.#streams.delete(id);
          this.#owners.delete(id);
          this.lastUsed = performance.now();
          stream.end(end.error && new RemoteError(end.error));
        }
        return;
      case "was-read": {
        const { id, result } = message;
        const waiting = this.#readings.get(id);
        this.#readings.delete(id);
        if ("error" in result) waiting?.reject(new RemoteError(result.error));
        else waiting?.resolve(result);
        return;
      }
      case "prefilled": {
        const { id, result } = message;
        const waiting = this.#prefills.get(id);
        this.#prefills.delete(id);
        if ("error" in result) waiting?.reject(new RemoteError(result.error));
        else waiting?.resolve(result);
        return;
      }
      case "stats":
        this.#stats = message.stats;
        this.#stages = message.stages;
        this.#rssBytes = message.rssBytes;
        return;
    }
  }

  #onExit(reason: string): void {
    this.#link = undefined;
    this.#takesAt = undefined;
    this.#stats = undefined;
    this.#stages = undefined;
    this.#rssBytes = undefined;
    this.#exited?.();
    if (this.#state === "closed") return;
    const died = this.#died(reason);
    const readyForMs = this.#state === "ready" ? performance.now() - this.#readyAt : 0;
    this.#crashes = crashesAfter(this.#crashes, readyForMs);
    this.#restarts += 1;
    const delayMs = restartDelayMs(this.#crashes);
    this.#options.log.error(
      { model: this.model, reason, inFlight: this.#streams.size, crashes: this.#crashes, delayMs },
      "worker died, restarting",
    );
    this.#state = "restarting";
    this.#failure = died;
    this.#restartAt = performance.now() + delayMs;
    this.#timer = setTimeout(() => this.#start(), delayMs);
    this.#endStreams(died);
    if (delayMs > patienceMs) this.#settleWaiting(this.#restarting(delayMs));
  }

  #fail(error: ServingError): void {
    this.#state = "failed";
    this.#failure = error;
    this.#failedAt = performance.now();
    this.#options.log.error({ model: this.model, error: error.message, hint: error.hint }, "model failed to load");
    this.#settleWaiting(error);
  }

  #settleWaiting(outcome: ModelInfo | ServingError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve, reject } of waiting) outcome instanceof Error ? reject(outcome) : resolve(outcome);
  }

  #endStreams(error: ServingError): void {
    const streams = this.#streams;
    this.#streams = new Map();
    this.#owners.clear();
    for (const stream of streams.values()) stream.end(error);
    for (const { reject } of this.#readings.values()) reject(error);
    this.#readings.clear();
    for (const { reject } of this.#prefills.values()) reject(error);
    this.#prefills.clear();
  }

  #died(reason: string): ServingError {
    return new ServingError(
      "worker-died",
      `The engine worker of ${this.#name} died (${reason}) while it ran this request; it is being restarted.`,
      { hint: "Send the request again.", retryAfterSeconds: 1 },
    );
  }

  #restarting(waitMs: number): ServingError {
    return new ServingError(
      "worker-restarting",
      `The engine worker of ${this.#name} keeps dying; it is started again in ${Math.ceil(waitMs / 1000)} s.`,
      { hint: "The service's log says why it died.", retryAfterSeconds: Math.ceil(waitMs / 1000) },
    );
  }
}

function shuttingDown(): ServingError {
  return new ServingError("shutting-down", "The service is shutting down.", { retryAfterSeconds: 5 });
}
