import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@tugboat/db";
import { pino } from "pino";
import { z } from "zod";
import { JobChanges } from "../jobs/changes.ts";
import { defineJob, JobError } from "../jobs/define.ts";
import { type JobTiming, startJobs } from "../jobs/platform.ts";

/** Short enough for tests, long enough for a busy machine. */
export const testTiming: JobTiming = { leaseMs: 2000, renewMs: 200, sweepMs: 300 };

const counter = z.number().catch(0);

/** Adds one to the setting `counted:<name>` in each of its steps: once each, however often it is interrupted. */
export const counting = defineJob({
  kind: "test.counting",
  input: z.object({ name: z.string(), steps: z.int(), stepMs: z.number() }),
  result: z.object({ runs: z.int(), resumedAt: z.int() }),
  checkpoint: z.int(),
  concurrency: 2,
  async run({ attempt, checkpoint = 0, commit, input, progress, signal }) {
    const key = `counted:${input.name}`;
    for (let step = checkpoint; step < input.steps; step++) {
      progress({ stage: "counting", done: step, total: input.steps });
      await pause(input.stepMs, undefined, { signal });
      await commit(async (scope) => {
        await scope.settings.set(key, ((await scope.settings.get(key, counter)) ?? 0) + 1);
        return { result: undefined, checkpoint: step + 1 };
      });
    }
    return { runs: attempt, resumedAt: checkpoint };
  },
});

/** Fails its first runs. */
export const flaky = defineJob({
  kind: "test.flaky",
  input: z.object({ failures: z.int(), final: z.boolean() }),
  result: z.object({ runs: z.int() }),
  attempts: 3,
  backoff: { firstMs: 200, mostMs: 300 },
  async run({ attempt, input: { failures, final } }) {
    if (attempt <= failures) throw new JobError(`Run ${attempt} failed.`, { hint: "Wait for the next.", final });
    return { runs: attempt };
  },
});

/** Does nothing until it is told to stop, and then tries to write all the same. */
export const stubborn = defineJob({
  kind: "test.stubborn",
  input: z.object({}),
  result: z.object({}),
  async run({ commit, progress, signal }) {
    progress({ stage: "waiting" });
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await commit(async (scope) => {
      await scope.settings.set("stubborn wrote", true);
      return { result: undefined };
    });
    return {};
  },
});

/** Notes in which order its jobs run, one at a time. */
export const ordered = defineJob({
  kind: "test.ordered",
  input: z.object({ name: z.string() }),
  result: z.object({}),
  async run({ commit, input }) {
    const names = z.array(z.string()).catch([]);
    await commit(async (scope) => {
      const before = (await scope.settings.get("order", names)) ?? [];
      await scope.settings.set("order", [...before, input.name]);
      return { result: undefined };
    });
    return {};
  },
});

export const testKinds = [counting, flaky, stubborn, ordered];

export function startTestJobs(
  database: Database,
  redisUrl: string | undefined,
  changes = new JobChanges(database.jobs),
) {
  return startJobs({
    database,
    changes,
    kinds: testKinds,
    services: {
      home: "/nonexistent",
      hub: { endpoint: "http://127.0.0.1:1" },
      training: { device: "cpu", threads: 1, kernelCache: "/nonexistent" },
    },
    log: pino({ level: process.env.TUGBOAT_LOG_LEVEL ?? "silent" }),
    redisUrl,
    timing: testTiming,
  });
}
