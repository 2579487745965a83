import { createPostgresBackend, type JobsOptions, Queue, runMigrations, Worker } from "bullmq";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { z } from "zod";
import type { JobKind } from "./define.ts";

const delivery = z.object({ id: z.string(), fence: z.number() });
/** A job that is due, as the queue carries it: the table has the rest. */
export type Delivery = Readonly<z.output<typeof delivery>>;

export interface QueuedDelivery extends Delivery {
  readonly kind: string;
  /** The lower goes first, from 1. */
  readonly priority: number;
  readonly delayMs: number;
}

/**
 * Carries jobs to the processes that run them, in order of priority, when they are due, a few of each kind at a time. It
 * may lose or repeat a delivery: the table notices both.
 */
export interface DeliveryQueue {
  /** Adding the same delivery again changes nothing. */
  add(deliveries: readonly QueuedDelivery[]): Promise<void>;
  /** Begins to take deliveries. One is over when the promise resolves. */
  take(kind: Pick<JobKind, "kind" | "concurrency">, run: (delivery: Delivery) => Promise<void>): Promise<void>;
  /** Takes no more; resolves when those taken are over. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /** Of the database, where the queue lies unless there is a Redis. */
  readonly databaseUrl: string;
  readonly redisUrl?: string | undefined;
  /** Keeps installations that share a Redis apart. */
  readonly installation: string;
  readonly onError: (error: Error) => void;
}

/** BullMQ, on Redis where there is one and on the same PostgreSQL otherwise. */
export async function openQueue(options: QueueOptions): Promise<DeliveryQueue> {
  return options.redisUrl === undefined ? onPostgres(options) : onRedis(options, options.redisUrl);
}

/** What is used of BullMQ's queues and workers, whichever backend they have. */
interface AnyQueue {
  addBulk(jobs: { name: string; data: Delivery; opts: JobsOptions }[]): Promise<unknown>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}
interface AnyWorker {
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "failed", listener: (job: unknown, error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
}
type Process = (delivery: Delivery) => Promise<void>;

/** Connections of the pool that are not a worker's own, which waits for news. */
const SPARE_CONNECTIONS = 4;

async function onPostgres({ databaseUrl, onError }: QueueOptions): Promise<DeliveryQueue> {
  // One pool for all kinds: each worker keeps one connection to be told of new jobs, so it grows with the kinds.
  const pool = new Pool({
    connectionString: databaseUrl,
    options: `-c search_path="bullmq"`,
    max: SPARE_CONNECTIONS + 1,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  // Every kind's worker listens to it: more than Node takes for a leak.
  pool.setMaxListeners(0);
  pool.on("error", onError);
  // One that is in use and breaks between two queries tells nobody else: unheard, it would end the process.
  pool.on("connect", (one) => void one.on("error", () => {}));
  const client = await pool.connect();
  try {
    await runMigrations(client);
  } finally {
    client.release();
  }
  return assemble(
    (name) => new Queue(name, { connection: pool }, createPostgresBackend),
    (name, concurrency, run) => {
      pool.options.max = (pool.options.max ?? 0) + 1;
      return new Worker(
        name,
        ({ data }) => run(delivery.parse(data)),
        { connection: pool, concurrency },
        createPostgresBackend,
      );
    },
    () => pool.end(),
    onError,
  );
}

async function onRedis({ installation, onError }: QueueOptions, url: string): Promise<DeliveryQueue> {
  const prefix = `tugboat-${installation}`;
  // Workers wait on their connection for as long as it takes, which ioredis calls too many retries.
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on("error", onError);
  return assemble(
    (name) => new Queue(name, { connection, prefix }),
    (name, concurrency, run) =>
      new Worker(name, ({ data }) => run(delivery.parse(data)), { connection, prefix, concurrency }),
    async () => void (await connection.quit().catch(() => connection.disconnect())),
    onError,
  );
}

/** One BullMQ queue for each kind, so that none waits behind another. */
function assemble(
  openKind: (name: string) => AnyQueue,
  openWorker: (name: string, concurrency: number, run: Process) => AnyWorker,
  end: () => Promise<void>,
  onError: (error: Error) => void,
): DeliveryQueue {
  const queues = new Map<string, AnyQueue>();
  const workers: AnyWorker[] = [];
  const queueOf = (kind: string): AnyQueue => {
    const known = queues.get(kind);
    if (known) return known;
    const queue = openKind(kind);
    queue.on("error", onError);
    queues.set(kind, queue);
    return queue;
  };
  return {
    async add(deliveries) {
      const byKind = new Map<string, QueuedDelivery[]>();
      for (const delivery of deliveries) {
        byKind.set(delivery.kind, [...(byKind.get(delivery.kind) ?? []), delivery]);
      }
      for (const [kind, some] of byKind) {
        await queueOf(kind).addBulk(
          some.map(({ delayMs, fence, id, priority }) => ({
            name: kind,
            data: { id, fence },
            opts: {
              jobId: `${id}-${fence}`,
              delay: Math.ceil(delayMs),
              priority,
              removeOnComplete: true,
              removeOnFail: true,
            },
          })),
        );
      }
    },
    async take({ concurrency, kind }, run) {
      const worker = openWorker(kind, concurrency, run);
      worker.on("error", onError);
      // Not the job's own failure, which is written down, but that of writing it.
      worker.on("failed", (_, error) => onError(error));
      workers.push(worker);
      await worker.waitUntilReady();
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await end();
    },
  };
}
