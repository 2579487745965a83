import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Logger } from "pino";
import { ServingError } from "../workers/errors.ts";
import { EventStream } from "../workers/event-stream.ts";
import type { PoolStatus } from "../workers/pool.ts";
import { creditWindow, type ReadAnswer, type ReadRequest } from "../workers/protocol.ts";
import type { PlacedRequest } from "../workers/servable.ts";
import { type Channel, openChannel, silenceMs } from "./channel.ts";
import { type Answer, errorOf, type FromEngine, type ModelRef, protocolVersion, type ToEngine } from "./messages.ts";

export interface EngineClientOptions {
  /** `host:port` */
  readonly address: string;
  readonly secret: string;
  readonly log: Logger;
  /** Told when it came or went, and of what it serves. */
  readonly onChange: () => void;
}

const firstRetryMs = 250;
const longestRetryMs = 5000;
const beatMs = silenceMs / 4;

interface Waiting {
  readonly resolve: (value: Extract<Answer, { value: unknown }>["value"]) => void;
  readonly reject: (error: Error) => void;
}

/** An engine in another process, as an edge sees it. Connects, and comes back when the connection breaks. */
export class EngineClient {
  readonly address: string;
  readonly #options: EngineClientOptions;
  #channel: Channel | undefined;
  #connected = false;
  #leaving = false;
  #closed = false;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #statuses: readonly PoolStatus[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #streams = new Map<number, EventStream>();
  /** Requests of ours that run or wait there, by model. */
  readonly #loads = new Map<string, number>();

  constructor(options: EngineClientOptions) {
    this.#options = options;
    this.address = options.address;
    void this.#connect();
  }

  /** Whether it takes requests. */
  get connected(): boolean {
    return this.#connected && !this.#leaving;
  }

  /** What it serves, as told last; nothing while it is away. */
  get statuses(): readonly PoolStatus[] {
    return this.#statuses;
  }

  load(model: string): number {
    return this.#loads.get(model) ?? 0;
  }

  get inFlight(): number {
    return [...this.#loads.values()].reduce((sum, load) => sum + load, 0);
  }

  async ready(model: ModelRef): Promise<ModelInfo> {
    const value = await this.#ask((id) => ({ type: "ready", id, model })).answer;
    if (value === undefined || !("architecture" in value))
      throw new Error(`${this.address} told nothing of ${model.name}`);
    return value;
  }

  async restart(model: ModelRef, drainMs: number): Promise<void> {
    await this.#ask((id) => ({ type: "restart", id, model, drainMs })).answer;
  }

  async unload(name: string, drainMs: number): Promise<void> {
    await this.#ask((id) => ({ type: "unload", id, name, drainMs })).answer;
  }

  /** @throws ServingError; the stream throws ServingError `worker-died` when the connection breaks, RemoteError */
  async generate(model: ModelRef, request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    this.#count(model.name, 1);
    const { answer, id } = this.#ask((id) => ({ type: "generate", id, model, request, credits: creditWindow }));
    const done = () => {
      if (this.#streams.delete(id)) this.#count(model.name, -1);
    };
    const stream = new EventStream({
      onCredit: (credits) => this.#send({ type: "credit", id, credits }),
      onCancel: () => {
        done();
        this.#send({ type: "cancel", id });
      },
      onEnd: done,
    });
    this.#streams.set(id, stream);
    try {
      await answer;
      return stream;
    } catch (error) {
      done();
      throw error;
    }
  }

  async read(model: ModelRef, request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    signal.throwIfAborted();
    const { answer, id } = this.#ask((id) => ({ type: "read", id, model, request }));
    const leave = () => {
      this.#send({ type: "cancel", id });
      this.#settle(id, { reject: new Error("nobody waits for what is read") });
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#count(model.name, 1);
    try {
      const value = await answer;
      if (value === undefined || !("rows" in value)) throw new Error(`${this.address} answered without what was read`);
      return value;
    } finally {
      this.#count(model.name, -1);
      signal.removeEventListener("abort", leave);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#channel?.close();
  }

  async #connect(): Promise<void> {
    const { address, log, secret } = this.#options;
    const { hostname, port } = new URL(`tcp://${address}`);
    try {
      const channel = await openChannel(hostname.replace(/^\[|\]$/g, ""), Number(port), secret);
      if (this.#closed) return channel.close();
      this.#channel = channel;
      const beat = setInterval(() => this.#send({ type: "beat" }), beatMs);
      channel.onClose((reason) => {
        clearInterval(beat);
        this.#lost(reason);
      });
      channel.onMessage((received) => {
        const message = fromEngine(received);
        if (message === undefined) channel.close();
        else this.#receive(message);
      });
    } catch (error) {
      if (this.#closed) return;
      if (this.#retryMs === firstRetryMs) log.warn({ engine: address, err: error }, "an engine is not reached");
      this.#again();
    }
  }

  #again(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  #lost(reason: string): void {
    const { address, log, onChange } = this.#options;
    const wasConnected = this.#connected;
    this.#channel = undefined;
    this.#connected = false;
    this.#leaving = false;
    this.#statuses = [];
    const death = new ServingError(
      "worker-died",
      `The engine at ${address} went away (${reason}) while it ran this request.`,
      {
        hint: "Send the request again.",
        retryAfterSeconds: 1,
      },
    );
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { reject: death });
    for (const stream of [...this.#streams.values()]) stream.end(death);
    if (wasConnected && !this.#closed) log.warn({ engine: address, reason }, "an engine went away");
    this.#again();
    onChange();
  }

  #receive(message: FromEngine): void {
    const { address, log, onChange } = this.#options;
    switch (message.type) {
      case "hello":
        if (message.protocol !== protocolVersion) {
          log.error({ engine: address, version: message.version }, "an engine of another version is not used");
          this.#retryMs = longestRetryMs;
          this.#channel?.close();
          return;
        }
        this.#connected = true;
        this.#retryMs = firstRetryMs;
        log.info({ engine: address, version: message.version }, "an engine has connected");
        onChange();
        return;
      case "answer":
        this.#settle(
          message.id,
          "error" in message.answer ? { reject: errorOf(message.answer.error) } : { resolve: message.answer.value },
        );
        return;
      case "events":
        for (const { end, events, id } of message.requests) {
          const stream = this.#streams.get(id);
          stream?.push(events);
          if (end !== undefined) stream?.end(end.error && errorOf(end.error));
        }
        return;
      case "leaving":
        this.#leaving = true;
        log.info({ engine: address }, "an engine is leaving");
        onChange();
        return;
      case "statuses":
        this.#statuses = message.statuses;
        onChange();
        return;
    }
  }

  #ask(message: (id: number) => ToEngine) {
    const id = this.#nextId++;
    const answer = new Promise<Extract<Answer, { value: unknown }>["value"]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    // Whoever waits hears of it; one that no longer does must not end the process.
    answer.catch(() => {});
    if (this.#channel !== undefined && this.#connected) this.#send(message(id));
    else {
      const why = `The engine at ${this.address} is not connected.`;
      this.#settle(id, { reject: new ServingError("worker-died", why, { retryAfterSeconds: 1 }) });
    }
    return { id, answer };
  }

  #settle(id: number, outcome: { resolve: Parameters<Waiting["resolve"]>[0] } | { reject: Error }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if ("reject" in outcome) waiting?.reject(outcome.reject);
    else waiting?.resolve(outcome.resolve);
  }

  #send(message: ToEngine): void {
    this.#channel?.send(message);
  }

  #count(model: string, by: number): void {
    this.#loads.set(model, Math.max(0, this.load(model) + by));
  }
}

/** Who knows the secret is an engine of this installation, whose messages are what its types say. */
function fromEngine(message: unknown): FromEngine | undefined {
  return typeof message === "object" && message !== null && "type" in message ? (message as FromEngine) : undefined;
}
