import type { UsageDimensions, UsageEvent, UsageHour } from "@tugboat/db";
import { Sketch } from "./sketch.ts";

interface Sum {
  readonly hour: Date;
  readonly dimensions: UsageDimensions;
  requests: number;
  failed: number;
  aborted: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  amountPicoUsd: bigint;
  readonly ttft: Sketch;
  readonly itl: Sketch;
  readonly queue: Sketch;
  readonly duration: Sketch;
}

const hourMs = 3_600_000;

/** Events as sums by hour and dimensions. The order of the events does not matter. */
export function foldEvents(events: readonly UsageEvent[]): UsageHour[] {
  const sums = new Map<string, Sum>();
  for (const event of events) {
    const sum = sumOf(sums, hourOf(event.at), event);
    sum.requests += 1;
    if (event.status === "error") sum.failed += 1;
    if (event.status === "aborted") sum.aborted += 1;
    sum.inputTokens += event.inputTokens;
    sum.cachedTokens += event.cachedTokens;
    sum.outputTokens += event.outputTokens;
    sum.amountPicoUsd += event.amountPicoUsd;
    if (event.ttftUs !== null) sum.ttft.add(event.ttftUs);
    if (event.itlUs !== null) sum.itl.add(event.itlUs);
    if (event.queueUs !== null) sum.queue.add(event.queueUs);
    sum.duration.add(event.durationUs);
  }
  return [...sums.values()].map(encoded);
}

/** Sums of the same hour and dimensions as one each. */
export function foldHours(hours: readonly UsageHour[]): UsageHour[] {
  const sums = new Map<string, Sum>();
  for (const hour of hours) {
    const sum = sumOf(sums, hour.hour, hour);
    sum.requests += hour.requests;
    sum.failed += hour.failed;
    sum.aborted += hour.aborted;
    sum.inputTokens += hour.inputTokens;
    sum.cachedTokens += hour.cachedTokens;
    sum.outputTokens += hour.outputTokens;
    sum.amountPicoUsd += hour.amountPicoUsd;
    for (const name of ["ttft", "itl", "queue", "duration"] as const) sum[name].mergeEncoded(hour[name]);
  }
  return [...sums.values()].map(encoded);
}

/** The beginning of a moment's hour, UTC. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / hourMs) * hourMs);
}

function sumOf(sums: Map<string, Sum>, hour: Date, of: UsageDimensions): Sum {
  const { organizationId, projectId, apiKeyId, userId, kind, model, target } = of;
  const key = JSON.stringify([hour.getTime(), organizationId, projectId, apiKeyId, userId, kind, model, target]);
  const known = sums.get(key);
  if (known !== undefined) return known;
  const sum: Sum = {
    hour,
    dimensions: { organizationId, projectId, apiKeyId, userId, kind, model, target },
    requests: 0,
    failed: 0,
    aborted: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    amountPicoUsd: 0n,
    ttft: new Sketch(),
    itl: new Sketch(),
    queue: new Sketch(),
    duration: new Sketch(),
  };
  sums.set(key, sum);
  return sum;
}

function encoded({ dimensions, ttft, itl, queue, duration, ...sums }: Sum): UsageHour {
  return {
    ...dimensions,
    ...sums,
    ttft: ttft.encode(),
    itl: itl.encode(),
    queue: queue.encode(),
    duration: duration.encode(),
  };
}
