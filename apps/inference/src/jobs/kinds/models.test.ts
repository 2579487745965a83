import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { type Database, type JobInfo, type OrganizationScope, openDatabase } from "@tugboat/db";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundledFile, bundledFolder } from "../../domain/models/bundled.ts";
import { prepareModel } from "../../domain/models/register.ts";
import { testTiming } from "../../testing/jobs.ts";
import { addOrganization } from "../../testing/management.ts";
import { temporaryHome } from "../../testing/service.ts";
import { JobChanges } from "../changes.ts";
import { enqueueJob } from "../enqueue.ts";
import { type JobPlatform, startJobs } from "../platform.ts";
import type { JobEngine } from "../services.ts";
import { downloadModelJob } from "./models-download.ts";
import { enqueueMeasurement, measureModel } from "./models-measure.ts";

let home: string;
let database: Database;
let scope: OrganizationScope;
let platform: JobPlatform;
let hub: Server;
let model: Buffer;
/** Ranges that the hub was asked for, and whether it sends only the beginning of an answer. */
const ranges: string[] = [];
let stalls = false;
let quiet = 60_000;

const engine: JobEngine = {
  quietMs: () => quiet,
  measure: async (_organization, _model, signal, onStage) => {
    onStage("run 1 of 1");
    signal.throwIfAborted();
    const measuredAt = new Date();
    return { device: "test", decodeTokensPerSecond: 120, prefillTokensPerSecond: 900, measuredAt };
  },
};

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home });
  scope = database.organization(database.home.organizationId);
  model = await readFile((await bundledFile(join(bundledFolder, "stories260K"))) ?? "");
  const oid = createHash("sha256").update(model).digest("hex");
  hub = createServer((request, response) => {
    if (request.url?.startsWith("/api/models/owner/tiny/tree")) {
      const entry = {
        type: "file",
        path: "tiny.gguf",
        size: model.length,
        oid: "0".repeat(40),
        lfs: { oid, size: model.length, pointerSize: 100 },
      };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify([entry]));
    } else if (request.url?.includes("/owner/tiny/resolve/main/tiny.gguf")) {
      const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
      const end = to === "" ? model.length - 1 : Number(to);
      ranges.push(from);
      const part = model.subarray(Number(from), end + 1);
      response.writeHead(206, {
        "content-length": part.length,
        "content-range": `bytes ${from}-${end}/${model.length}`,
        etag: `"${oid}"`,
      });
      if (stalls && part.length > 1000) response.write(part.subarray(0, 1000));
      else response.end(part);
    } else {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "Repository not found" }));
    }
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  const address = hub.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  platform = await startJobs({
    database,
    changes: new JobChanges(database.jobs),
    kinds: [downloadModelJob, measureModel],
    services: { home, hub: { endpoint }, training: { device: "cpu", threads: 1, kernelCache: home }, engine },
    log: pino({ level: "silent" }),
    timing: testTiming,
  });
}, 60_000);
afterAll(async () => {
  await platform.close();
  hub.closeAllConnections();
  hub.close();
  await database.close();
  await rm(home, { recursive: true, force: true });
});

async function when(id: string, wanted: (job: JobInfo) => boolean, of = scope): Promise<JobInfo> {
  const start = performance.now();
  for (;;) {
    const job = await of.jobs.get(id);
    if (wanted(job)) return job;
    if (performance.now() - start > 15_000) throw new Error(`gave up waiting: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const download = (source: string, name: string) =>
  enqueueJob(scope, downloadModelJob, { source, name, actor: "system" }, { createdBy: "system", subject: name });

it("a download can be cancelled while the hub says nothing, and comes to an end when asked again", async () => {
  stalls = true;
  const first = await download("owner/tiny", "tiny");
  await when(first.job.id, ({ progress }) => progress?.stage === "downloading");
  await scope.jobs.cancel(first.job.id);
  await when(first.job.id, ({ state }) => state === "cancelled");
  expect(await scope.models.get("tiny")).toBeNull();
  stalls = false;
  const { job } = await download("owner/tiny", "tiny");
  const done = await when(job.id, ({ state }) => state === "done" || state === "failed");
  expect(done).toMatchObject({ state: "done", result: { model: "tiny" } });
  expect(await scope.models.get("tiny")).toMatchObject({ architecture: "llama", bytes: model.length });
  expect((await scope.audit.list({ subject: "tiny" })).map(({ action }) => action)).toEqual(["models.download"]);
  // It is measured afterwards, by itself.
  await expect.poll(async () => (await scope.models.get("tiny"))?.speeds.length, { timeout: 10_000 }).toBe(1);
}, 40_000);

it("a model that the hub does not have fails at once, in a sentence", async () => {
  const { job } = await download("owner/absent", "absent");
  const failed = await when(job.id, ({ state }) => state === "failed");
  expect(failed).toMatchObject({ failures: 1, error: expect.stringMatching(/owner\/absent/) });
});

it("a measurement waits until nothing runs, and keeps speed, device and date", async () => {
  const prepared = await prepareModel(join(bundledFolder, "stories260K", "stories260K.gguf"), {
    name: "stories",
    downloads: home,
    hub: { endpoint: "http://127.0.0.1:1" },
  });
  await scope.models.upsert(prepared);
  quiet = 0;
  const { job } = await enqueueMeasurement(scope, "stories", { createdBy: "system", asked: true });
  await when(job.id, ({ progress }) => progress?.stage === "waiting until no request runs");
  expect((await scope.models.get("stories"))?.speeds).toEqual([]);
  quiet = 60_000;
  await when(job.id, ({ state }) => state === "done");
  expect((await scope.models.get("stories"))?.speeds).toMatchObject([{ device: "test", decodeTokensPerSecond: 120 }]);
});

it("another organization's name means its own model", async () => {
  const theirs = database.organization(await addOrganization(database));
  const { job } = await enqueueMeasurement(theirs, "stories", { createdBy: "system", asked: true });
  const failed = await when(job.id, ({ state }) => state === "failed", theirs);
  expect(failed).toMatchObject({ failures: 1, error: "There is no model stories." });
});
