import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { moveBatch } from "../domain/batches/move.ts";
import { JobChanges } from "../jobs/changes.ts";
import { deliverWebhook } from "../jobs/kinds/webhooks-deliver.ts";
import { type JobPlatform, startJobs } from "../jobs/platform.ts";
import { testTiming } from "../testing/jobs.ts";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";

let fixture: ManagementFixture;
let admin: Person;
let platform: JobPlatform;
let url = "";
let keyId = "";
let busy = 0;
const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    received.push({ headers: request.headers, body });
    response.writeHead(busy-- > 0 ? 503 : 204).end();
  });
});

beforeAll(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  fixture = await startManagement();
  admin = await fixture.enter("Admin", fixture.scope, "admin");
  const { database, vault } = fixture;
  keyId = (await fixture.scope.keys.create({ projectId: database.home.projectId, name: "Batches" })).key.id;
  platform = await startJobs({
    database,
    changes: new JobChanges(database.jobs),
    kinds: [{ ...deliverWebhook, backoff: { firstMs: 50, mostMs: 100 } }],
    services: {
      home: "",
      hub: { endpoint: "http://127.0.0.1:9" },
      training: { device: "cpu", threads: 1, kernelCache: "" },
      vault,
    },
    log: pino({ level: "silent" }),
    timing: testTiming,
  });
}, 90_000);
afterAll(async () => {
  await platform.close();
  receiver.close();
  await fixture.close();
});

const scopeOf = () => fixture.scope;
async function batch(id: string) {
  const now = new Date();
  await scopeOf().batches.create({
    ...{ id, apiKeyId: keyId, endpoint: "/v1/completions", inputFileId: "file-1", metadata: null },
    ...{ createdAt: now, expiresAt: new Date(now.getTime() + 86_400_000) },
  });
  await moveBatch(scopeOf(), id, "in_progress");
}
const list = async () => (await fixture.call(admin, "webhooks.list", undefined, "GET")).body;
const settled = async (event: string, state: string) =>
  expect
    .poll(async () => (await list()).deliveries.find((one: { eventId: string }) => one.eventId === event)?.state, {
      timeout: 30_000,
    })
    .toBe(state);

it("a batch's end is told once, signed as OpenAI's package checks it, again after failures, and again by hand", async () => {
  const made = await fixture.call(admin, "webhooks.add", { url, events: ["batch.completed"] });
  expect(made.body.secret).toMatch(/^whsec_/);
  busy = 2;
  await batch("batch_one");
  await scopeOf().transaction((tx) => moveBatch(tx, "batch_one", "completed"));
  await settled("evt_batch_one_completed", "sent");
  expect(received).toHaveLength(3);
  expect(new Set(received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(["evt_batch_one_completed"]));
  const [delivery] = (await list()).deliveries;
  expect(delivery).toMatchObject({ attempts: 3, status: 204, event: "batch.completed" });

  const { webhooks } = new OpenAI({ apiKey: "unused" });
  const { body, headers } = received.at(-1) ?? { body: "", headers: {} };
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  expect(await webhooks.unwrap(body, sent, made.body.secret)).toMatchObject({
    object: "event",
    type: "batch.completed",
    data: { id: "batch_one" },
  });
  await expect(webhooks.unwrap(`${body} `, sent, made.body.secret)).rejects.toThrow(/signature/i);

  await fixture.call(admin, "webhooks.again", { id: delivery.id });
  await expect.poll(() => received.length, { timeout: 30_000 }).toBe(4);
  await settled("evt_batch_one_completed", "sent");
  expect(received.at(-1)?.headers["webhook-id"]).toBe("evt_batch_one_completed");
});

it("what does not happen is not told, nor what nobody wants to know, nor the same twice", async () => {
  const before = (await list()).deliveries.length;
  await batch("batch_two");
  const undone = scopeOf().transaction(async (tx) => {
    await moveBatch(tx, "batch_two", "completed");
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  await moveBatch(scopeOf(), "batch_two", "failed");
  expect((await list()).deliveries).toHaveLength(before);
  await batch("batch_three");
  const moves = await Promise.all([1, 2, 3].map(() => moveBatch(scopeOf(), "batch_three", "completed")));
  expect(moves.filter(Boolean)).toHaveLength(1);
  expect((await list()).deliveries).toHaveLength(before + 1);
  await settled("evt_batch_three_completed", "sent");
});

it("one that is switched off is given up at once, with the reason", async () => {
  const [endpoint] = (await list()).endpoints;
  const [delivery] = (await list()).deliveries;
  const { id, updatedAt } = endpoint;
  await fixture.call(admin, "webhooks.update", { id, enabled: false, updatedAt });
  await fixture.call(admin, "webhooks.again", { id: delivery.id });
  await settled(delivery.eventId, "failed");
  expect((await list()).deliveries[0].error).toBe("The webhook is switched off.");
});
