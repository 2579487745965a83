import type { Database, TaskLiveInfo } from "@tugboat/db";
import type { Logger } from "pino";
import { emptyLatency, latencyClass } from "../../domain/tasks/live.ts";

export interface LiveRequest {
  readonly organizationId: string;
  readonly taskId: string;
  readonly plan: number;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly failed: boolean;
  readonly cached: boolean;
  readonly escalated: boolean;
  /** Of a plan in the shadow: how far it said what was answered, from 0 to 1. */
  readonly agreed?: number;
}

const flushMs = 1500;

type Hour = { -readonly [K in keyof TaskLiveInfo]: TaskLiveInfo[K] } & { latency: number[] };

/** Counts what tasks do, and writes it down now and then: figures for people, no accounts. */
export class LiveTasks {
  readonly #database: Pick<Database, "organization">;
  readonly #log: Logger;
  #hours = new Map<string, { organizationId: string; taskId: string; hour: Hour }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Pick<Database, "organization">, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  record({ organizationId, taskId, ...request }: LiveRequest): void {
    const at = new Date();
    at.setUTCMinutes(0, 0, 0);
    const key = `${taskId} ${request.plan} ${at.getTime()}`;
    const known = this.#hours.get(key) ?? { organizationId, taskId, hour: emptyHour(request.plan, at) };
    this.#hours.set(key, known);
    const { hour } = known;
    hour.requests++;
    if (request.failed) hour.failed++;
    if (request.cached) hour.cached++;
    if (request.escalated) hour.escalated++;
    if (request.agreed !== undefined) {
      hour.compared++;
      hour.agreed += request.agreed;
    }
    hour.costMicroUsd += request.costMicroUsd;
    if (!request.failed) hour.latency[latencyClass(request.latencyMs)]!++;
    this.#timer ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  /** Writes down what has been counted. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const hours = this.#hours;
    this.#hours = new Map();
    this.#writing = this.#writing.then(async () => {
      for (const { hour, organizationId, taskId } of hours.values()) {
        await this.#database
          .organization(organizationId)
          .taskPlannings.addLive(taskId, hour)
          .catch((error: unknown) => this.#log.warn({ err: error }, "a task's live figures were not written"));
      }
    });
    return this.#writing;
  }
}

function emptyHour(plan: number, hour: Date): Hour {
  return {
    plan,
    hour,
    requests: 0,
    failed: 0,
    cached: 0,
    escalated: 0,
    latency: emptyLatency(),
    costMicroUsd: 0,
    judged: 0,
    right: 0,
    compared: 0,
    agreed: 0,
  };
}
