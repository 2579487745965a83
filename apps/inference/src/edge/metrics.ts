import type { JobsAtWork } from "@tugboat/db";
import type { GenerateEvent } from "@tugboat/engine";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DeploymentStatus } from "../workers/deployment.ts";

type Done = Extract<GenerateEvent, { type: "done" }>;

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const itlSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** What `/metrics` tells. Times are in seconds, as Prometheus wants them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: "tugboat_requests_total",
    help: "Answered HTTP requests.",
    labelNames: ["route", "status", "model"] as const,
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "tugboat_request_seconds",
    help: "Time from a request's arrival to the end of its answer.",
    labelNames: ["route"] as const,
    buckets: requestSeconds,
    registers: [this.#registry],
  });
  readonly #ttft = new Histogram({
    name: "tugboat_time_to_first_token_seconds",
    help: "TTFT: from the engine's receipt of a request to its first token.",
    labelNames: ["model"] as const,
    buckets: requestSeconds,
    registers: [this.#registry],
  });
  readonly #itl = new Histogram({
    name: "tugboat_inter_token_seconds",
    help: "ITL: mean time between two tokens of one choice, one observation for each request.",
    labelNames: ["model"] as const,
    buckets: itlSeconds,
    registers: [this.#registry],
  });
  readonly #queueSeconds = new Histogram({
    name: "tugboat_queue_seconds",
    help: "Time a request waited for the scheduler.",
    labelNames: ["model"] as const,
    buckets: requestSeconds,
    registers: [this.#registry],
  });
  readonly #tokens = new Counter({
    name: "tugboat_tokens_total",
    help: "Tokens by kind: prompt (cached ones included), cached, completion.",
    labelNames: ["model", "kind"] as const,
    registers: [this.#registry],
  });
  readonly #aborted = new Counter({
    name: "tugboat_requests_aborted_total",
    help: "Requests whose client went away before the end.",
    labelNames: ["model"] as const,
    registers: [this.#registry],
  });

  readonly #cost = new Counter({
    name: "tugboat_cost_usd_total",
    help: "What answers cost by the price book, in dollars.",
    labelNames: ["model"] as const,
    registers: [this.#registry],
  });

  constructor(statuses: () => readonly DeploymentStatus[]) {
    collectDefaultMetrics({ register: this.#registry, prefix: "tugboat_" });
    const gauge = (name: string, help: string, read: (status: DeploymentStatus) => number | undefined) =>
      new Gauge({
        name,
        help,
        labelNames: ["model"],
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const status of statuses()) {
            const value = read(status);
            if (value !== undefined) this.set({ model: status.model }, value);
          }
        },
      });
    gauge("tugboat_deployment_ready", "1 when the model serves.", ({ state }) => (state === "ready" ? 1 : 0));
    gauge("tugboat_requests_in_flight", "Requests in the worker, waiting ones included.", ({ inFlight }) => inFlight);
    gauge("tugboat_worker_restarts_total", "Deaths of the model's worker.", ({ restarts }) => restarts);
    gauge("tugboat_worker_resident_bytes", "Memory of the model's worker.", ({ rssBytes }) => rssBytes);
    this.#engineStats(statuses);
  }

  /** Publishes how much background work waits and runs, as the table of jobs has it when asked. */
  jobs(read: () => Promise<readonly JobsAtWork[]>): void {
    const gauge = (name: string, help: string, value: (row: JobsAtWork) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ["kind", "state"],
        registers: [this.#registry],
        async collect() {
          this.reset();
          // Without a database there are no figures of jobs; the others are still told.
          for (const row of await read().catch(() => [])) this.set({ kind: row.kind, state: row.state }, value(row));
        },
      });
    gauge("tugboat_jobs", "Background jobs that wait or run, in the whole installation.", ({ count }) => count);
    gauge("tugboat_job_oldest_seconds", "Age of the oldest such job.", ({ oldestSeconds }) => oldestSeconds);
  }

  /** Publishes how many traces were written, and how many were dropped because the database was slow or away. */
  traces(read: () => { readonly recorded: number; readonly dropped: number }): void {
    new Gauge({
      name: "tugboat_traces_total",
      help: "Traces of requests, by what became of them.",
      labelNames: ["outcome"],
      registers: [this.#registry],
      collect() {
        const { dropped, recorded } = read();
        this.set({ outcome: "recorded" }, recorded);
        this.set({ outcome: "dropped" }, dropped);
      },
    });
  }

  /** @param picoUsd what one answer cost */
  cost(model: string, picoUsd: bigint): void {
    this.#cost.inc({ model }, Number(picoUsd) / 1e12);
  }

  request(route: string, status: number, model: string, seconds: number): void {
    this.#requests.inc({ route, status: String(status), model });
    this.#seconds.observe({ route }, seconds);
  }

  generated(model: string, { usage, timings }: Done): void {
    this.#ttft.observe({ model }, timings.ttftMs / 1000);
    this.#queueSeconds.observe({ model }, timings.queueMs / 1000);
    if (timings.tokensPerSecond > 0 && usage.completionTokens > 1) {
      this.#itl.observe({ model }, timings.decodeMs / 1000 / (usage.completionTokens - 1));
    }
    this.#tokens.inc({ model, kind: "prompt" }, usage.promptTokens);
    this.#tokens.inc({ model, kind: "cached" }, usage.cachedTokens);
    this.#tokens.inc({ model, kind: "completion" }, usage.completionTokens);
  }

  aborted(model: string): void {
    this.#aborted.inc({ model });
  }

  /** Prometheus' text format. */
  async text(): Promise<{ body: string; contentType: string }> {
    return { body: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** Every number that the engine tells of itself, under its own name. */
  #engineStats(statuses: () => readonly DeploymentStatus[]): void {
    new Gauge({
      name: "tugboat_engine",
      help: "Numbers of the engine: sequences, KV blocks, blocks in host memory, steps, guessed tokens, adapters.",
      labelNames: ["model", "stat"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { model, stats } of statuses()) {
          if (stats === undefined) continue;
          const { adapters, drafts, swap, ...numbers } = stats;
          for (const [stat, value] of Object.entries(numbers)) this.set({ model, stat }, value);
          for (const [stat, value] of Object.entries(adapters)) this.set({ model, stat: `adapters.${stat}` }, value);
          for (const [stat, value] of Object.entries(swap)) this.set({ model, stat: `swap.${stat}` }, value);
          this.set({ model, stat: "drafts.tokens" }, drafts.tokens);
          this.set({ model, stat: "drafts.accepted" }, drafts.accepted);
        }
      },
    });
  }
}
