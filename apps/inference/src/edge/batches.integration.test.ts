import { openDatabase } from "@tugboat/db";
import OpenAI, { toFile } from "openai";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService, temporaryHome } from "../testing/service.ts";

let home: string;
let service: RunningService;
let client: OpenAI;

async function start(): Promise<void> {
  service = await startService({}, home);
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
}
beforeAll(async () => {
  home = await temporaryHome();
  await start();
});
afterAll(() => service?.remove());

const story = { model: "stories260K", prompt: "Once upon a time", temperature: 0 } as const;
const completion = (custom_id: string, body: object) => ({ custom_id, method: "POST", url: "/v1/completions", body });
const linesOf = (lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

function upload(lines: readonly (object | string)[]) {
  return toFile(Buffer.from(linesOf(lines)), "requests.jsonl").then((file) =>
    client.files.create({ file, purpose: "batch" }),
  );
}

async function submit(
  lines: readonly (object | string)[],
  endpoint: OpenAI.BatchCreateParams["endpoint"] = "/v1/completions",
) {
  const { id } = await upload(lines);
  return client.batches.create({ input_file_id: id, endpoint, completion_window: "24h", metadata: { for: "a test" } });
}

const over = new Set(["completed", "failed", "cancelled", "expired"]);
async function ended(id: string): Promise<OpenAI.Batch> {
  await expect
    .poll(async () => over.has((await client.batches.retrieve(id)).status), { timeout: 60_000, interval: 100 })
    .toBe(true);
  return client.batches.retrieve(id);
}

const result = z.object({
  custom_id: z.string(),
  response: z.object({ status_code: z.number(), request_id: z.string(), body: z.looseObject({}) }),
});
async function results(fileId: string | null | undefined) {
  const text = await (await client.files.content(fileId ?? "")).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => result.parse(JSON.parse(line)));
}

/** The usage events of a batch's lines. */
async function usageOf(batch: string) {
  const database = await openDatabase({ home });
  try {
    const db = new Client({ connectionString: database.url });
    await db.connect();
    const { rows } = await db.query(
      "SELECT request_id, kind, status, input_tokens, output_tokens FROM usage_event WHERE request_id LIKE $1",
      [`${batch}-%`],
    );
    await db.end();
    return z.array(z.object({ request_id: z.string(), kind: z.string(), status: z.string() })).parse(rows);
  } finally {
    await database.close();
  }
}

it("keeps files, whole, until they are deleted", async () => {
  const lines = [completion("a", story)];
  const file = await upload(lines);
  expect(file).toMatchObject({ object: "file", purpose: "batch", filename: "requests.jsonl", status: "processed" });
  expect(file.bytes).toBe(linesOf(lines).length);
  expect(await (await client.files.content(file.id)).text()).toBe(linesOf(lines));
  expect((await client.files.list()).data.map(({ id }) => id)).toContain(file.id);
  expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
  await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404, code: "file_not_found" });
});

it("refuses what is no file for a batch", async () => {
  const file = await toFile(Buffer.from("{}"), "x.jsonl");
  await expect(client.files.create({ file, purpose: "assistants" })).rejects.toMatchObject({ param: "purpose" });
  const send = async (init: RequestInit) => {
    const headers = { authorization: `Bearer ${service.apiKey}`, ...init.headers };
    const response = await fetch(`${service.url}/v1/files`, { method: "POST", ...init, headers });
    return [
      response.status,
      z.object({ error: z.object({ code: z.string() }) }).parse(await response.json()).error.code,
    ];
  };
  expect(await send({ body: "{}", headers: { "content-type": "application/json" } })).toEqual([
    415,
    "unsupported_content_type",
  ]);
  const multipart = { "content-type": "multipart/form-data; boundary=x" };
  const half = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf';
  expect(await send({ body: half, headers: multipart })).toEqual([400, "invalid_form"]);
  const none = new FormData();
  none.set("purpose", "batch");
  expect(await send({ body: none })).toEqual([400, "missing_required_parameter"]);
  const form = new FormData();
  form.set("purpose", "batch");
  form.set("file", new Blob([new Uint8Array(101 * 2 ** 20)]), "big.jsonl");
  expect(await send({ body: form }).catch(() => [413, "file_too_large"])).toEqual([413, "file_too_large"]);
  expect((await client.files.list()).data.map(({ filename }) => filename)).not.toContain("big.jsonl");
});

it("answers each line as the API does, and keeps what failed apart", async () => {
  const plain = await client.completions.create({ ...story, max_tokens: 10 });
  const batch = await submit([
    completion("one", { ...story, max_tokens: 10 }),
    completion("two", { ...story, model: "nobody" }),
    completion("three", { ...story, max_tokens: 3 }),
  ]);
  expect(batch).toMatchObject({ object: "batch", metadata: { for: "a test" }, completion_window: "24h" });
  const done = await ended(batch.id);
  expect(done).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 2, failed: 1 } });
  const answers = new Map((await results(done.output_file_id)).map((one) => [one.custom_id, one.response]));
  expect(answers.get("one")).toMatchObject({ status_code: 200, body: { choices: [{ text: plain.choices[0]?.text }] } });
  expect([...answers.keys()].sort()).toEqual(["one", "three"]);
  const [refused] = await results(done.error_file_id);
  expect(refused).toMatchObject({
    custom_id: "two",
    response: { status_code: 404, body: { error: { code: "model_not_found" } } },
  });
  await expect.poll(async () => (await usageOf(batch.id)).length).toBe(2);
  for (const event of await usageOf(batch.id)) expect(event).toMatchObject({ kind: "batch", status: "done" });
  expect((await client.batches.list()).data[0]?.id).toBe(batch.id);
});

it("takes embeddings", async () => {
  const line = { custom_id: "e", method: "POST", url: "/v1/embeddings", body: { model: story.model, input: "a cat" } };
  const done = await ended((await submit([line], "/v1/embeddings")).id);
  const [one] = await results(done.output_file_id);
  expect(one?.response.body).toMatchObject({ object: "list", data: [{ object: "embedding" }] });
});

it("names every line that is wrong, and asks none", async () => {
  const good = Array.from({ length: 16 }, (_, i) => completion(`r${i}`, story));
  const batch = await submit([
    ...good,
    '{"custom_id": "broken',
    completion("r3", story),
    { ...completion("chat", story), url: "/v1/chat/completions" },
    completion("streamed", { ...story, stream: true }),
  ]);
  const { errors, request_counts, status } = await ended(batch.id);
  expect(status).toBe("failed");
  expect(request_counts).toMatchObject({ completed: 0, failed: 0 });
  expect(errors?.data?.map(({ code, line }) => [line, code])).toEqual([
    [17, "invalid_json_line"],
    [18, "duplicate_custom_id"],
    [19, "mismatched_endpoint"],
    [20, "invalid_request"],
  ]);
  expect(errors?.data?.[1]?.message).toContain("line 4");
  expect((await ended((await submit([" "])).id)).errors?.data?.[0]?.code).toBe("empty_file");
});

it("refuses an endpoint or a file that is not there", async () => {
  const create = (change: object) =>
    client.batches.create({
      input_file_id: "file-none",
      endpoint: "/v1/completions",
      completion_window: "24h",
      ...change,
    });
  await expect(create({})).rejects.toMatchObject({ status: 400, code: "file_not_found" });
  await expect(create({ endpoint: "/v1/moderations" })).rejects.toMatchObject({ status: 400, param: "endpoint" });
  await expect(client.batches.retrieve("batch_none")).rejects.toMatchObject({ status: 404 });
});

const many = Array.from({ length: 400 }, (_, i) => completion(`r${i}`, { ...story, max_tokens: 100, seed: i }));

it("is cancelled, and keeps what it has", async () => {
  const batch = await submit(many);
  await expect
    .poll(async () => (await client.batches.retrieve(batch.id)).request_counts?.completed, { timeout: 30_000 })
    .toBeGreaterThan(0);
  expect((await client.batches.cancel(batch.id)).status).toMatch(/^cancell/);
  const done = await ended(batch.id);
  expect(done.status).toBe("cancelled");
  expect(await results(done.output_file_id)).toHaveLength(done.request_counts?.completed ?? 0);
  expect(done.request_counts?.completed).toBeLessThan(many.length);
  await expect(client.batches.cancel(batch.id)).rejects.toMatchObject({ status: 409 });
});

it("goes on after a kill, and does no line twice", { timeout: 120_000 }, async () => {
  const batch = await submit(many);
  await expect
    .poll(async () => (await client.batches.retrieve(batch.id)).request_counts?.completed, { timeout: 30_000 })
    .toBeGreaterThan(20);
  const exited = new Promise((resolve) => service.process.once("exit", resolve));
  service.process.kill("SIGKILL");
  await exited;
  await start();
  const done = await ended(batch.id);
  expect(done).toMatchObject({ status: "completed", request_counts: { total: 400, completed: 400, failed: 0 } });
  const ids = (await results(done.output_file_id)).map(({ custom_id }) => custom_id);
  expect(new Set(ids).size).toBe(400);
  expect(ids).toHaveLength(400);
  await expect.poll(async () => (await usageOf(batch.id)).length, { timeout: 10_000 }).toBe(400);
});

it("expires with what it has when its day is over, and pays for that alone", { timeout: 120_000 }, async () => {
  const batch = await submit(many);
  await expect
    .poll(async () => (await client.batches.retrieve(batch.id)).request_counts?.completed, { timeout: 30_000 })
    .toBeGreaterThan(0);
  await service.stop();
  const database = await openDatabase({ home });
  const db = new Client({ connectionString: database.url });
  await db.connect();
  await db.query("UPDATE batch SET expires_at = now() WHERE id = $1", [batch.id]);
  await db.end();
  await database.close();
  await start();
  const done = await ended(batch.id);
  const { completed = 0, failed = 0, total } = done.request_counts ?? {};
  expect([done.status, completed + failed, total]).toEqual(["expired", 400, 400]);
  expect(await results(done.output_file_id)).toHaveLength(completed);
  const text = await (await client.files.content(done.error_file_id ?? "")).text();
  expect(text.trimEnd().split("\n")).toHaveLength(failed);
  expect(text).toContain('"code":"batch_expired"');
  await expect.poll(async () => (await usageOf(batch.id)).length, { timeout: 10_000 }).toBe(completed);
});
