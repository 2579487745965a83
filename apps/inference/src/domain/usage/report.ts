import type { UsageHour } from "@tugboat/db";
import { Sketch } from "./sketch.ts";

/** What usage is grouped by. `user` tells apart who worked in the console; programs are their keys. */
export const usageGroups = ["model", "target", "key", "project", "user", "kind", "day"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface Sums {
  readonly requests: number;
  readonly failed: number;
  readonly aborted: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly costPicoUsd: bigint;
  readonly latency: Latencies;
}

/** In ms; null where nothing was measured. Each is off by at most 1 %. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}
export const latencies = ["ttft", "itl", "queue", "duration"] as const;
export type Latencies = Readonly<Record<(typeof latencies)[number], Quantiles | null>>;

export interface UsageReport {
  readonly total: Sums;
  /** The most expensive first, then the busiest; days in their order. */
  readonly groups: readonly (Sums & { readonly id: string | null })[];
  /** One for each step of the range, also those in which nothing happened. */
  readonly series: readonly (Sums & { readonly at: Date })[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface ReportOptions {
  readonly from: Date;
  readonly to: Date;
  readonly by: UsageGroup;
}

/** The length of a step of the series: hours for up to two days, then days (UTC). */
export function stepOf({ from, to }: Pick<ReportOptions, "from" | "to">): "hour" | "day" {
  return to.getTime() - from.getTime() <= 2 * dayMs ? "hour" : "day";
}

/** Sums of hours in total, by group and over time. Each hour is read once; what is merged after it is few. */
export function usageReport(hours: readonly UsageHour[], options: ReportOptions): UsageReport {
  const stepMs = stepOf(options) === "hour" ? hourMs : dayMs;
  const groups = new Map<string | null, Map<number, Accumulator>>();
  for (const hour of hours) {
    const id = groupOf(hour, options.by);
    const step = Math.floor(hour.hour.getTime() / stepMs) * stepMs;
    const steps = groups.get(id) ?? new Map<number, Accumulator>();
    groups.set(id, steps);
    const cell = steps.get(step) ?? new Accumulator();
    steps.set(step, cell);
    cell.addHour(hour);
  }
  const total = new Accumulator();
  const series = new Map<number, Accumulator>();
  const firstStep = Math.floor(options.from.getTime() / stepMs) * stepMs;
  for (let at = firstStep; at < options.to.getTime(); at += stepMs) series.set(at, new Accumulator());
  const grouped = [...groups].map(([id, steps]) => {
    const sum = new Accumulator();
    for (const [at, cell] of steps) {
      sum.add(cell);
      series.get(at)?.add(cell);
    }
    total.add(sum);
    return { id, ...sum.sums() };
  });
  return {
    total: total.sums(),
    groups: options.by === "day" ? grouped.sort((a, b) => compare(a.id ?? "", b.id ?? "")) : grouped.sort(byCost),
    series: [...series].map(([at, sum]) => ({ at: new Date(at), ...sum.sums() })),
  };
}

function byCost(a: Sums & { id: string | null }, b: Sums & { id: string | null }): number {
  if (a.costPicoUsd !== b.costPicoUsd) return a.costPicoUsd < b.costPicoUsd ? 1 : -1;
  return b.requests - a.requests || compare(a.id ?? "", b.id ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function groupOf(hour: UsageHour, by: UsageGroup): string | null {
  switch (by) {
    case "model":
      return hour.model;
    case "target":
      return hour.target;
    case "key":
      return hour.apiKeyId;
    case "project":
      return hour.projectId;
    case "user":
      return hour.userId;
    case "kind":
      return hour.kind;
    case "day":
      return hour.hour.toISOString().slice(0, 10);
  }
}

class Accumulator {
  #requests = 0;
  #failed = 0;
  #aborted = 0;
  #input = 0;
  #cached = 0;
  #output = 0;
  #cost = 0n;
  readonly #sketches = { ttft: new Sketch(), itl: new Sketch(), queue: new Sketch(), duration: new Sketch() };

  addHour(hour: UsageHour): void {
    this.#requests += hour.requests;
    this.#failed += hour.failed;
    this.#aborted += hour.aborted;
    this.#input += hour.inputTokens;
    this.#cached += hour.cachedTokens;
    this.#output += hour.outputTokens;
    this.#cost += hour.amountPicoUsd;
    for (const name of latencies) this.#sketches[name].mergeEncoded(hour[name]);
  }

  add(other: Accumulator): void {
    this.#requests += other.#requests;
    this.#failed += other.#failed;
    this.#aborted += other.#aborted;
    this.#input += other.#input;
    this.#cached += other.#cached;
    this.#output += other.#output;
    this.#cost += other.#cost;
    for (const name of latencies) this.#sketches[name].merge(other.#sketches[name]);
  }

  sums(): Sums {
    const { ttft, itl, queue, duration } = this.#sketches;
    return {
      requests: this.#requests,
      failed: this.#failed,
      aborted: this.#aborted,
      inputTokens: this.#input,
      cachedTokens: this.#cached,
      outputTokens: this.#output,
      costPicoUsd: this.#cost,
      latency: { ttft: quantiles(ttft), itl: quantiles(itl), queue: quantiles(queue), duration: quantiles(duration) },
    };
  }
}

function quantiles(sketch: Sketch): Quantiles | null {
  if (sketch.count === 0) return null;
  const ms = (q: number) => Math.round(sketch.quantile(q) ?? 0) / 1000;
  return { p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) };
}
