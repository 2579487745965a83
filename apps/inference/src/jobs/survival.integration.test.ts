import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@tugboat/db";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { startService, temporaryHome } from "../testing/service.ts";

const parts = ["part-1.gguf", "part-2.gguf", "part-3.gguf"];
/** Reading one takes long enough that a kill falls into it. */
const partBytes = 256 * 2 ** 20;

const jobShape = z.object({
  state: z.string(),
  attempts: z.number(),
  progress: z.object({ done: z.number().nullable() }).nullable(),
  result: z.object({ files: z.array(z.object({ path: z.string(), sha256: z.string(), was: z.string() })) }).nullable(),
});

let home: string;

beforeAll(async () => {
  home = await temporaryHome();
  for (const part of parts) {
    // Zeros that take no room on the disk.
    const file = await open(join(home, part), "w");
    await file.truncate(partBytes);
    await file.close();
  }
});
afterAll(() => rm(home, { recursive: true, force: true }));

it("killing the service during a job and starting it again finishes the job once", async () => {
  const first = await startService({}, home);
  const database = await openDatabase({ home });
  const scope = database.organization(database.home.organizationId);
  await scope.models.upsert({
    name: "parted",
    sourcePath: home,
    architecture: "llama",
    parameters: 1000,
    contextLength: 512,
    quantisation: "f32",
    licence: null,
    bytes: parts.length * partBytes,
    files: parts.map((path) => ({ path, bytes: partBytes, sha256: null })),
  });
  await database.close();

  const { job } = z.object({ job: z.string() }).parse(await call(first, "models/digest", { name: "parted" }));
  const running = await jobWhen(first, job, ({ progress }) => (progress?.done ?? 0) > partBytes);
  expect(running.state).toBe("running");
  first.process.kill("SIGKILL");
  await new Promise((resolve) => first.process.once("exit", resolve));

  const second = await startService({}, home);
  try {
    const done = await jobWhen(second, job, ({ state }) => state === "done");
    expect(done.attempts).toBe(2);
    const sha256 = await sha256OfZeros(partBytes);
    expect(done.result?.files).toEqual(parts.map((path) => ({ path, sha256, was: "unknown" })));
    const { jobs } = z
      .object({ jobs: z.array(z.unknown()) })
      .parse(await call(second, "jobs/list?kind=models.digest&subject=parted"));
    expect(jobs).toHaveLength(1);
    const metrics = await (await fetch(`${second.url}/metrics`)).text();
    expect(metrics).toContain("# TYPE tugboat_jobs gauge");
  } finally {
    await second.stop();
  }
}, 240_000);

type Asked = Pick<Awaited<ReturnType<typeof startService>>, "apiKey" | "url">;

/** Calls the management API by REST with the first run's key; with a body it is a mutation. */
async function call({ apiKey, url }: Asked, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}/api/${path}`, {
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

async function jobWhen(service: Asked, id: string, wanted: (job: z.output<typeof jobShape>) => boolean) {
  const start = performance.now();
  for (;;) {
    const job = jobShape.parse(await call(service, `jobs/get?id=${id}`));
    if (wanted(job)) return job;
    if (performance.now() - start > 90_000) throw new Error(`gave up waiting: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function sha256OfZeros(bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(2 ** 20);
  for (let done = 0; done < bytes; done += chunk.length) hash.update(chunk);
  return hash.digest("hex");
}
