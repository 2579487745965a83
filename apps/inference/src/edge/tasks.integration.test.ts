import { openDatabase } from "@tugboat/db";
import { sampleCsv } from "@tugboat/tuning";
import OpenAI from "openai";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
beforeAll(async () => {
  service = await startService();
}, 120_000);
afterAll(() => service.remove());

const yaml = `task: support-queues
instruction: Sort the customer's message into one queue.
input: { message: string }
output: { queue: { enum: [billing, bug, how-to, delivery] } }
examples: queues.csv
require: { accuracy: ">= 0.3", latency_p95: "<= 30 s" }
prefer: quality
`;
const file = { name: "queues.csv", base64: Buffer.from(sampleCsv()).toString("base64") };

async function call(procedure: string, input: object, method = "POST") {
  const path = `${service.url}/api/tasks/${procedure}`;
  const headers = { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" };
  const query = new URLSearchParams(Object.entries(input).map(([name, value]) => [name, String(value)]));
  const response = await (method === "GET"
    ? fetch(`${path}?${query}`, { headers })
    : fetch(path, { method, headers, body: JSON.stringify(input) }));
  return { status: response.status, body: await response.json() };
}

async function planned(planning: string) {
  for (;;) {
    const { body } = await call("planning", { id: planning }, "GET");
    if (body.state !== "queued" && body.state !== "running") return body;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

it("is declared, planned, explained, shipped and called", async () => {
  const declared = await call("declare", { yaml, file });
  expect(declared.body).toMatchObject({ task: "support-queues", version: 1, created: true });
  expect((await call("declare", { yaml, file })).body.changes).toEqual([]);
  expect((await call("ship", { name: "support-queues" })).body.error.code).toBe("not-planned");
  expect((await call("explain", { name: "support-queues" }, "GET")).body.error.code).toBe("not-planned");

  const { body } = await call("plan", { name: "support-queues", minutes: 0.4 });
  const again = await call("plan", { name: "support-queues", minutes: 0.4 });
  expect(again.body.planning).toBe(body.planning);
  const { error, report, state } = await planned(body.planning);
  expect([state, error]).toEqual(["done", null]);
  expect(report.learnt + report.calibration + report.heldOut).toBe(60);
  expect(report.measurements).toBeLessThan(report.exhaustive);
  const [chosen] = report.entries;
  expect(chosen.plan).toBeGreaterThan(0);
  expect(chosen.figures.low).toBeLessThanOrEqual(chosen.figures.score);

  const explained = (await call("explain", { name: "support-queues" }, "GET")).body;
  expect(explained.plan.tree).toContain("support-queues → plan");
  expect(explained.plan).toMatchObject({ score: chosen.figures.score, meets: chosen.figures.meets });
  for (const lost of explained.lost) expect(lost.why).toBeTruthy();
  const { answers } = (await call("evidence", { name: "support-queues", candidate: chosen.steps[0] }, "GET")).body;
  expect(answers.length).toBeGreaterThanOrEqual(chosen.figures.n);

  const shipped = await call("ship", { name: "support-queues", alias: "triage", anyway: true });
  expect(shipped.body).toMatchObject({ share: 100, release: 1, model: "triage" });

  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: service.apiKey });
  const queues = ["billing", "bug", "how-to", "delivery"];
  for (const model of ["task:support-queues", "triage"]) {
    const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content: "It crashes" }] });
    expect(queues).toContain(JSON.parse(answer.choices[0]?.message.content ?? "").queue);
  }
  const stream = await client.chat.completions.create({
    model: "triage",
    stream: true,
    messages: [{ role: "user", content: '{"message": "Where is my parcel?"}' }],
  });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  expect(queues).toContain(JSON.parse(text).queue);

  const ask = (sent: object) =>
    fetch(`${service.url}/v1/tasks/support-queues`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(sent),
    });
  const first = await ask({ input: { message: "Please send an invoice" }, explain: true });
  expect(first.headers.get("x-tugboat-cache")).toBe("miss");
  expect(first.headers.get("x-tugboat-plan")).toMatch(/^support-queues@\d+:(single|first|rest)$/);
  const typed = await first.json();
  expect(queues).toContain(typed.output.queue);
  expect(typed.explain.steps.length).toBeGreaterThan(0);
  const second = await ask({ input: { message: "Please send an invoice" } });
  expect(second.headers.get("x-tugboat-cache")).toBe("hit");
  expect((await second.json()).output).toEqual(typed.output);
  // What was asked and answered is in the traces, with the step that answered.
  const traced = async (id: string) => {
    const headers = { authorization: `Bearer ${service.apiKey}` };
    return (await fetch(`${service.url}/api/traces/get?id=${id}`, { headers })).json();
  };
  await expect.poll(async () => (await traced(typed.id)).trace?.model, { timeout: 20_000 }).toBe("task:support-queues");
  const { body: texts, spans, trace } = await traced(typed.id);
  expect(trace.preview).toContain("send an invoice");
  expect(spans.map(({ name }: { name: string }) => name)).toContain("step");
  expect(JSON.stringify(texts.output)).toContain(typed.output.queue);

  const wrong = await ask({ input: { text: "Please send an invoice" } });
  expect([wrong.status, (await wrong.json()).error.param]).toEqual([400, "input.message"]);

  await holdsItsBudget(client, () => ask({ input: { message: "Please send an invoice" } }));

  // Nothing changed, so nothing is asked again.
  const warm = await planned((await call("plan", { name: "support-queues", minutes: 0.4 })).body.planning);
  if (!report.cutShort) expect(warm.report.measurements).toBeLessThan(report.measurements);
  expect(warm.report.reused).toBeGreaterThan(0);

  const other = report.entries.find((one: { plan: number | null }) => one.plan !== null && one.plan !== chosen.plan);
  if (other !== undefined) {
    await call("ship", { name: "support-queues", plan: other.plan, anyway: true });
    const back = await call("rollBack", { name: "support-queues" });
    expect(back.body.release).toMatchObject({ plan: shipped.body.plan, action: "roll-back" });
  }
}, 480_000);

/** What calls a task counts against it; its day's budget refuses both ways to call it, and nothing but the task. */
async function holdsItsBudget(client: OpenAI, ask: () => Promise<Response>): Promise<void> {
  const database = await openDatabase({ home: service.home });
  const sql = new Client({ connectionString: database.url });
  try {
    await sql.connect();
    const scope = database.organization(database.home.organizationId);
    const { id } = await scope.tasks.get("support-queues");
    const counted = "SELECT coalesce(sum(requests), 0) AS n FROM usage_period WHERE scope = 'task' AND subject_id = $1";
    await expect
      .poll(async () => Number((await sql.query(counted, [id])).rows[0].n), { timeout: 30_000 })
      .toBeGreaterThan(0);
    await scope.budgets.set("task", id, { period: "day", tokens: 0n });
    await expect.poll(async () => (await ask()).status, { timeout: 30_000 }).toBe(429);
    const refused = await ask();
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const { error } = await refused.json();
    expect([error.type, error.code]).toEqual(["insufficient_quota", "budget_exceeded"]);
    expect(error.message).toMatch(
      /^This task may use 0 tokens a day, and has\. The budget begins anew at \S+T00:00:00\.000Z;/,
    );
    const messages = [{ role: "user", content: "It crashes" }] as const;
    const chat = (model: string) => client.chat.completions.create({ model, messages: [...messages], max_tokens: 2 });
    await expect(chat("task:support-queues")).rejects.toMatchObject({ status: 429, code: "budget_exceeded" });
    expect((await chat("stories260K")).choices).toHaveLength(1);
    await scope.budgets.set("task", id, { period: "day", tokens: null });
    await expect.poll(async () => (await ask()).status, { timeout: 30_000 }).toBe(200);
  } finally {
    await sql.end();
    await database.close();
  }
}
