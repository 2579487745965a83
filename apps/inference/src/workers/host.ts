import type { AdapterLease, Engine } from "@tugboat/engine";
import { Job, Outbox } from "./outbox.ts";
import { giveHandOver, takeHandOvers } from "./pools/hand-over.ts";
import {
  type AdapterRef,
  type FromWorker,
  type HandOverAddress,
  type LoadProgress,
  type LoadSettings,
  type ReadRequest,
  type StageStatus,
  type ToWorker,
  toWireError,
  type WorkerRequest,
} from "./protocol.ts";
import { readingsOf } from "./reading.ts";

/** The worker's end of the channel. */
export interface HostPort {
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
  /** Ends the worker. */
  exit(code: number): void;
}

/** An engine, and what it keeps in other processes. */
export interface Hosted {
  readonly engine: Engine;
  readonly stages?: () => readonly StageStatus[];
}

export type OpenEngine = (settings: LoadSettings, onProgress: (progress: LoadProgress) => void) => Promise<Hosted>;

/** Takes an adapter into use, reading its files if it is not on the device. */
export type OpenAdapter = (engine: Engine, adapter: AdapterRef) => Promise<AdapterLease>;

const statsIntervalMs = 1000;

/** Runs an engine at the end of a channel: one model for the life of the worker. */
export function hostEngine(port: HostPort, open: OpenEngine, openAdapter: OpenAdapter): void {
  const jobs = new Map<number, Job>();
  const outbox = new Outbox((message) => port.send(message));
  let engine: Engine | undefined;

  async function load(settings: LoadSettings): Promise<void> {
    const start = performance.now();
    try {
      const { engine: loaded, stages } = await open(settings, (progress) => port.send({ type: "progress", progress }));
      engine = loaded;
      const takes = settings.pool === "decode" ? await takeHandOvers(loaded) : undefined;
      const takesAt = takes && { takesAt: takes.address };
      port.send({ type: "ready", info: loaded.info, loadMs: performance.now() - start, ...takesAt });
      const report = () => {
        const others = stages?.();
        const rssBytes = (others ?? []).reduce((sum, one) => sum + one.rssBytes, process.memoryUsage.rss());
        port.send({ type: "stats", stats: loaded.stats(), rssBytes, ...(others && { stages: others }) });
      };
      report();
      setInterval(report, statsIntervalMs).unref();
    } catch (error) {
      port.send({ type: "load-failed", error: toWireError(error) });
    }
  }

  async function generate(id: number, { adapter, ...request }: WorkerRequest, credits: number): Promise<void> {
    if (engine === undefined) {
      outbox.end(id, { code: "closed", message: "The worker has no model." });
      return;
    }
    const job = new Job(credits);
    jobs.set(id, job);
    let lease: AdapterLease | undefined;
    try {
      lease = adapter && (await openAdapter(engine, adapter));
      for await (const event of engine.generate({ ...request, adapter: lease }, { signal: job.signal })) {
        if (job.signal.aborted) break;
        await job.spend();
        outbox.event(id, event);
      }
      outbox.end(id);
    } catch (error) {
      outbox.end(id, toWireError(error));
    } finally {
      lease?.release();
      jobs.delete(id);
    }
  }

  async function read(id: number, request: ReadRequest): Promise<void> {
    const job = new Job(0);
    jobs.set(id, job);
    let lease: AdapterLease | undefined;
    try {
      if (engine === undefined) throw new Error("The worker has no model.");
      const asked = performance.now();
      lease = request.adapter && (await openAdapter(engine, request.adapter));
      let begun: number | undefined;
      let tokens = 0;
      const rows: Float32Array[] = [];
      for (const one of readingsOf(engine, request, lease)) {
        // Between two texts others get their turn, and a caller who left is not waited for.
        if (job.signal.aborted) return;
        tokens += one.tokens;
        begun ??= performance.now();
        rows.push(await one.read());
      }
      const from = begun ?? asked;
      const result = { rows, tokens, queueMs: from - asked, computeMs: performance.now() - from };
      port.send({ type: "was-read", id, result });
    } catch (error) {
      port.send({ type: "was-read", id, result: { error: toWireError(error) } });
    } finally {
      lease?.release();
      jobs.delete(id);
    }
  }

  async function prefill(id: number, { adapter, ...request }: WorkerRequest, to: HandOverAddress): Promise<void> {
    const job = new Job(0);
    jobs.set(id, job);
    let lease: AdapterLease | undefined;
    try {
      if (engine === undefined) throw new Error("The worker has no model.");
      lease = adapter && (await openAdapter(engine, adapter));
      const read = await engine.prefill({ ...request, adapter: lease }, { signal: job.signal });
      const { cachedTokens, handOver, prefillMs, queueMs } = read;
      const begin = performance.now();
      const taken = handOver ? await giveHandOver(to, handOver) : 0;
      const bytes = handOver?.data.length ?? 0;
      const result = { cachedTokens, taken, bytes, queueMs, prefillMs, handOverMs: performance.now() - begin };
      port.send({ type: "prefilled", id, result });
    } catch (error) {
      port.send({ type: "prefilled", id, result: { error: toWireError(error) } });
    } finally {
      lease?.release();
      jobs.delete(id);
    }
  }

  async function close(): Promise<void> {
    for (const job of jobs.values()) job.cancel();
    await engine?.close().catch(() => {});
    port.exit(0);
  }

  port.onMessage((message) => {
    switch (message.type) {
      case "load":
        return void load(message.settings);
      case "generate":
        return void generate(message.id, message.request, message.credits);
      case "prefill":
        return void prefill(message.id, message.request, message.to);
      case "read":
        return void read(message.id, message.request);
      case "credit":
        return jobs.get(message.id)?.grant(message.credits);
      case "cancel":
        return jobs.get(message.id)?.cancel();
      case "close":
        return void close();
    }
  });
}
