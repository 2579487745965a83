import { fork } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Database, type JobInfo, type OrganizationScope, openDatabase } from "@tugboat/db";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { counting, flaky, ordered, startTestJobs, stubborn } from "../testing/jobs.ts";
import { addOrganization } from "../testing/management.ts";
import { noRedis, startRedis, type TestRedis } from "../testing/redis.ts";
import { temporaryHome } from "../testing/service.ts";
import { JobChanges } from "./changes.ts";
import { enqueueJob } from "./enqueue.ts";
import type { JobPlatform } from "./platform.ts";

const createdBy = "system";
const onRedis = noRedis === undefined ? "Redis" : `Redis (skipped: ${noRedis})`;

describe.each([
  ["PostgreSQL", false],
  [onRedis, true],
] as const)("jobs on %s", (_, wantsRedis) => {
  if (wantsRedis && noRedis !== undefined) return void it.skip("pass the same tests");
  let home: string;
  let database: Database;
  let changes: JobChanges;
  let redis: TestRedis | undefined;
  let scope: OrganizationScope;
  let platform: JobPlatform | undefined;

  beforeAll(async () => {
    home = await temporaryHome();
    redis = wantsRedis ? await startRedis() : undefined;
    database = await openDatabase({ home });
    changes = new JobChanges(database.jobs);
    scope = database.organization(database.home.organizationId);
    await start();
  });
  afterAll(async () => {
    await platform?.close();
    await database.close();
    await redis?.stop();
    await rm(home, { recursive: true, force: true });
  });

  const start = async () => {
    platform = await startTestJobs(database, redis?.url, changes);
  };
  const stop = async () => {
    await platform?.close();
    platform = undefined;
  };
  /** Resolves when the job is as wanted. */
  const when = async (id: string, wanted: (job: JobInfo) => boolean, of = scope): Promise<JobInfo> => {
    const start = performance.now();
    for (;;) {
      const job = await of.jobs.get(id);
      if (wanted(job)) return job;
      if (performance.now() - start > 20_000) throw new Error(`gave up waiting: ${JSON.stringify(job)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const is = (state: JobInfo["state"]) => (job: JobInfo) => job.state === state;
  const counted = async (name: string) => (await scope.settings.get(`counted:${name}`, z.number())) ?? 0;
  const count = (name: string, steps: number, stepMs: number) =>
    enqueueJob(scope, counting, { name, steps, stepMs }, { createdBy, subject: name });

  it("runs what was queued and keeps its result", async () => {
    const { created, job } = await count("plain", 3, 1);
    expect([created, job.state]).toEqual([true, "queued"]);
    const done = await when(job.id, is("done"));
    expect(done).toMatchObject({ result: { runs: 1, resumedAt: 0 }, attempts: 1, error: null, subject: "plain" });
    expect(await counted("plain")).toBe(3);
  });

  it("tells how far it is, with the time to go", async () => {
    const { job } = await count("progress", 12, 120);
    const seen = await when(job.id, ({ progress }) => (progress?.done ?? 0) > 2 && progress?.etaMs !== null);
    expect(seen.progress).toMatchObject({ stage: "counting", total: 12 });
    await scope.jobs.cancel(job.id);
  });

  it("tries again after a growing pause, and says why", async () => {
    const { job } = await enqueueJob(scope, flaky, { failures: 2, final: false }, { createdBy });
    const between = await when(job.id, ({ failures }) => failures === 1);
    expect(between).toMatchObject({ error: "Run 1 failed.", hint: "Wait for the next." });
    expect(await when(job.id, is("done"))).toMatchObject({ result: { runs: 3 }, failures: 2, error: null });
  });

  it("gives up after as many failures as its kind allows, or at once when that is said to be pointless", async () => {
    const { job } = await enqueueJob(scope, flaky, { failures: 9, final: false }, { createdBy });
    expect(await when(job.id, is("failed"))).toMatchObject({ attempts: 3, error: "Run 3 failed." });
    const { job: hopeless } = await enqueueJob(scope, flaky, { failures: 9, final: true }, { createdBy });
    expect(await when(hopeless.id, is("failed"))).toMatchObject({ attempts: 1 });
  });

  it("runs a failed job once more when a person asks, and refuses for one that is done", async () => {
    const { job } = await enqueueJob(scope, flaky, { failures: 1, final: true }, { createdBy });
    await when(job.id, is("failed"));
    await scope.jobs.retry(job.id);
    expect(await when(job.id, is("done"))).toMatchObject({ result: { runs: 2 } });
    await expect(scope.jobs.retry(job.id)).rejects.toMatchObject({ code: "conflict" });
    await expect(scope.jobs.cancel(job.id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("cancels a job that waits", async () => {
    const { job } = await enqueueJob(
      scope,
      counting,
      { name: "later", steps: 1, stepMs: 1 },
      { createdBy, delayMs: 700 },
    );
    expect((await scope.jobs.cancel(job.id)).state).toBe("cancelled");
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await scope.jobs.get(job.id)).toMatchObject({ state: "cancelled", attempts: 0 });
    expect(await counted("later")).toBe(0);
  });

  it("cancels a job that runs: it is told within a second, and what it tries to write is refused", async () => {
    const { job } = await enqueueJob(scope, stubborn, {}, { createdBy });
    await when(job.id, ({ progress }) => progress?.stage === "waiting");
    await scope.jobs.cancel(job.id);
    await expect.poll(() => platform?.running, { timeout: 1000 }).toBe(0);
    expect(await scope.jobs.get(job.id)).toMatchObject({ state: "cancelled", result: null });
    expect(await scope.settings.get("stubborn wrote", z.boolean())).toBeUndefined();
  });

  it("makes one job of two with the same key, until that is over", async () => {
    const ask = () =>
      enqueueJob(scope, counting, { name: "twin", steps: 2, stepMs: 50 }, { createdBy, dedupeKey: "twin" });
    const asked = await Promise.all([ask(), ask(), ask()]);
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(asked.map(({ job }) => job.id)).size).toBe(1);
    await when(asked[0].job.id, is("done"));
    const again = await ask();
    expect(again.created).toBe(true);
    await when(again.job.id, is("done"));
    expect(await counted("twin")).toBe(4);
  });

  it("queues work together with the change that wants it, or neither", async () => {
    const failing = scope.transaction(async (tx) => {
      await enqueueJob(tx, counting, { name: "undone", steps: 1, stepMs: 1 }, { createdBy, subject: "undone" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await scope.jobs.list({ subject: "undone" })).toEqual([]);
  });

  it("runs the urgent first, and what was queued while nothing ran", async () => {
    await stop();
    for (const [name, priority] of [
      ["c", "background"],
      ["b", "normal"],
      ["a", "urgent"],
    ] as const) {
      await enqueueJob(scope, ordered, { name }, { createdBy, priority, subject: "order" });
    }
    await start();
    await expect
      .poll(async () => (await scope.jobs.list({ subject: "order" })).every(is("done")), { timeout: 20_000 })
      .toBe(true);
    expect(await scope.settings.get("order", z.array(z.string()))).toEqual(["a", "b", "c"]);
  });

  it("gives back what runs when its process stops, and goes on from the checkpoint", async () => {
    const { job } = await count("stopped", 8, 100);
    await when(job.id, ({ progress }) => (progress?.done ?? 0) >= 2);
    await stop();
    expect(await scope.jobs.get(job.id)).toMatchObject({ state: "queued", attempts: 0 });
    await start();
    const done = await when(job.id, is("done"));
    expect(z.object({ resumedAt: z.number() }).parse(done.result).resumedAt).toBeGreaterThan(0);
    expect(await counted("stopped")).toBe(8);
  });

  it("finishes a job once whose process was killed, without repeating what was finished", async () => {
    await stop();
    const child = await runElsewhere();
    const { job } = await count("killed", 20, 100);
    await when(job.id, ({ progress }) => (progress?.done ?? 0) >= 3);
    child.kill("SIGKILL");
    await start();
    const done = await when(job.id, is("done"));
    expect(done).toMatchObject({ attempts: 2, result: { runs: 2 } });
    expect(await counted("killed")).toBe(20);
  });

  it("takes nothing from a process that was taken for dead and comes back", async () => {
    await stop();
    const child = await runElsewhere();
    const { job } = await count("frozen", 20, 100);
    await when(job.id, ({ progress }) => (progress?.done ?? 0) >= 3);
    child.kill("SIGSTOP");
    await start();
    await when(job.id, ({ attempts }) => attempts === 2);
    child.kill("SIGCONT");
    const done = await when(job.id, is("done"));
    expect(done).toMatchObject({ result: { runs: 2 } });
    expect(await counted("frozen")).toBe(20);
    child.kill("SIGKILL");
  });

  it("shows an organization its own jobs alone", async () => {
    const theirs = database.organization(await addOrganization(database));
    const { job } = await enqueueJob(theirs, counting, { name: "theirs", steps: 1, stepMs: 1 }, { createdBy });
    await when(job.id, is("done"), theirs);
    await expect(scope.jobs.get(job.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(scope.jobs.cancel(job.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(scope.jobs.retry(job.id)).rejects.toMatchObject({ code: "not-found" });
    expect((await scope.jobs.list()).map(({ id }) => id)).not.toContain(job.id);
    // Its effect went to its own organization too.
    expect(await theirs.settings.get("counted:theirs", z.number())).toBe(1);
    expect(await counted("theirs")).toBe(0);
  });

  /** Another process that runs the same kinds. */
  const runElsewhere = async () => {
    const program = fileURLToPath(new URL("../testing/jobs-process.ts", import.meta.url));
    const child = fork(program, [], {
      env: { ...process.env, DATABASE_URL: database.url, ...(redis && { REDIS_URL: redis.url }) },
      execArgv: ["--conditions=@tugboat/source", "--import", "tsx"],
      stdio: "inherit",
    });
    await new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", (code) => reject(new Error(`the process ended with ${code}`)));
    });
    return child;
  };
});
