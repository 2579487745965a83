import type { Server } from "node:tls";
import type { Logger } from "pino";
import { listen } from "../edge/port.ts";
import { version } from "../env.ts";
import { Job, Outbox } from "../workers/outbox.ts";
import type { ModelPool } from "../workers/pool.ts";
import type { ReadRequest } from "../workers/protocol.ts";
import type { PlacedRequest } from "../workers/servable.ts";
import { type Channel, channelServer } from "./channel.ts";
import { type Answer, type FromEngine, faultOf, type ModelRef, protocolVersion, type ToEngine } from "./messages.ts";

export interface EngineServerOptions {
  readonly pool: ModelPool;
  readonly models: KnownModels;
  readonly secret: string;
  readonly log: Logger;
}

const statusMs = 1000;

/** The models that edges have spoken of: what the pool of an engine finds. */
export class KnownModels {
  readonly #models = new Map<string, ModelRef>();

  know(model: ModelRef): void {
    this.#models.set(model.name, model);
  }

  readonly find = async (name: string): Promise<ModelRef | undefined> => this.#models.get(name);
}

/** Answers edges in other processes by the pool of this one. */
export class EngineServer {
  readonly #options: EngineServerOptions;
  readonly #server: Server;
  readonly #channels = new Set<Channel>();

  constructor(options: EngineServerOptions) {
    this.#options = options;
    this.#server = channelServer(options.secret, (channel) => this.#serve(channel));
  }

  /** @returns the port. @throws PortError */
  listen(port: number, host: string): Promise<number> {
    return listen(this.#server, port, host, "TUGBOAT_ENGINE_PORT");
  }

  /** Asks every edge to send no more. */
  leave(): void {
    for (const channel of this.#channels) channel.send({ type: "leaving" } satisfies FromEngine);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const channel of this.#channels) channel.close();
    await closed;
  }

  #serve(channel: Channel): void {
    const { log, models, pool } = this.#options;
    const jobs = new Map<number, Job>();
    const send = (message: FromEngine) => channel.send(message);
    const outbox = new Outbox(send);
    this.#channels.add(channel);
    log.info({ peer: channel.peer }, "an edge has connected");
    send({ type: "hello", protocol: protocolVersion, version });
    const report = () => send({ type: "statuses", statuses: pool.statuses() });
    report();
    const timer = setInterval(report, statusMs);
    channel.onClose((reason) => {
      clearInterval(timer);
      this.#channels.delete(channel);
      // Nobody is there to hear the rest.
      for (const job of jobs.values()) job.cancel();
      log.info({ peer: channel.peer, reason }, "an edge has gone");
    });

    const answer = async (id: number, work: (job: Job) => Promise<Extract<Answer, { value: unknown }>["value"]>) => {
      const job = new Job(0);
      jobs.set(id, job);
      try {
        send({ type: "answer", id, answer: { value: await work(job) } });
      } catch (error) {
        send({ type: "answer", id, answer: { error: faultOf(error) } });
      } finally {
        jobs.delete(id);
      }
    };
    const generate = async (id: number, model: ModelRef, request: PlacedRequest, credits: number) => {
      const job = new Job(credits);
      jobs.set(id, job);
      let isTaken = false;
      try {
        models.know(model);
        const stream = await (await pool.get(model.name)).generate(request);
        if (job.signal.aborted) return void stream.return?.();
        job.signal.addEventListener("abort", () => void stream.return?.(), { once: true });
        isTaken = true;
        send({ type: "answer", id, answer: { value: undefined } });
        for await (const batch of stream) {
          for (const event of batch) {
            await job.spend();
            if (job.signal.aborted) return;
            outbox.event(id, event);
          }
        }
        outbox.end(id);
      } catch (error) {
        if (isTaken) outbox.end(id, faultOf(error));
        else send({ type: "answer", id, answer: { error: faultOf(error) } });
      } finally {
        jobs.delete(id);
      }
    };
    const read = (id: number, model: ModelRef, request: ReadRequest) =>
      answer(id, async (job) => {
        models.know(model);
        return (await pool.get(model.name)).read(request, job.signal);
      });

    channel.onMessage((received) => {
      const message = toEngine(received);
      if (message === undefined) return channel.close();
      switch (message.type) {
        case "generate":
          return void generate(message.id, message.model, message.request, message.credits);
        case "read":
          return void read(message.id, message.model, message.request);
        case "ready":
          return void answer(message.id, async () => {
            models.know(message.model);
            return (await pool.get(message.model.name)).ready();
          });
        case "restart":
          return void answer(message.id, async () => {
            models.know(message.model);
            await pool.restart(message.model.name, message.drainMs);
            return undefined;
          });
        case "unload":
          return void answer(message.id, async () => {
            await pool.unload(message.name, message.drainMs);
            return undefined;
          });
        case "credit":
          return jobs.get(message.id)?.grant(message.credits);
        case "cancel":
          return jobs.get(message.id)?.cancel();
        case "beat":
          return;
      }
    });
  }
}

/** Who knows the secret is an edge of this installation, whose messages are what its types say. */
function toEngine(message: unknown): ToEngine | undefined {
  return typeof message === "object" && message !== null && "type" in message ? (message as ToEngine) : undefined;
}
