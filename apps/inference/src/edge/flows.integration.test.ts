import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { openDatabase } from "@tugboat/db";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { flowPlanReport } from "../domain/flows/plan-report.ts";
import { repositoryRoot } from "../env.ts";
import { type RunningService, startService, temporaryHome } from "../testing/service.ts";

let service: RunningService;
let tool: Server;
let toolUrl = "";
/** What the tool was asked, by the step's key: a second wish of the same key is no second deed. */
const asked: { readonly key: string; readonly body: string }[] = [];
/** While set, the tool does not answer. */
let holds = false;

beforeAll(async () => {
  tool = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      asked.push({ key: String(request.headers["idempotency-key"]), body });
      if (holds) return;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ noted: true }));
    });
  });
  tool.listen(0, "127.0.0.1");
  await once(tool, "listening");
  const address = tool.address();
  toolUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/notes`;
  service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" }, await pricedHome());
  await pushDocs();
}, 500_000);
afterAll(async () => {
  tool.closeAllConnections();
  tool.close();
  await service.remove();
}, 60_000);

async function call(path: string, body?: object): Promise<z.output<typeof anything>> {
  const response = await fetch(`${service.url}/api/${path}`, {
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return anything.parse(answer);
}
const anything = z.any();

async function until<T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await look();
    if (wanted(found)) return found;
    if (performance.now() - start > 400_000) throw new Error(`gave up waiting: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const jobEnd = (id: string) =>
  until(
    () => call(`jobs/get?id=${id}`),
    ({ state }) => state !== "queued" && state !== "running",
  );
const runEnd = (id: string) =>
  until(
    () => call(`flows/runDetail?id=${id}`),
    ({ state }) => state !== "queued" && state !== "running",
  );

/** A data directory in which tokens have a price: what a step costs then depends on no clock. */
async function pricedHome(): Promise<string> {
  const home = await temporaryHome();
  const database = await openDatabase({ home });
  const token = { input: 150_000, cachedInput: 150_000, output: 600_000, perHour: 0 };
  const book = {
    prices: [{ target: "*", ...token, marginBasisPoints: 0 }],
    ...{ note: "", effectiveFrom: undefined, createdBy: "system", seenVersion: 0 },
  };
  await database.organization(database.home.organizationId).priceBooks.add(book);
  await database.close();
  return home;
}

/** The product's own documentation. */
async function pushDocs(): Promise<void> {
  const folder = join(repositoryRoot, "docs");
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md"));
  const documents = await Promise.all(
    names.map(async (name) => ({ name, base64: (await readFile(join(folder, name))).toString("base64") })),
  );
  await call("documents/create", { name: "tugboat-docs", model: "tug-small" });
  const { added, job } = await call("documents/push", { collection: "tugboat-docs", documents });
  expect(added).toBe(names.length);
  expect((await jobEnd(job)).state).toBe("done");
  const again = await call("documents/push", { collection: "tugboat-docs", documents });
  expect(again).toMatchObject({ added: 0, changed: 0, same: names.length, job: null });
}

const recipe = join(repositoryRoot, "recipes/docs-answer");

describe("a flow over the documentation", () => {
  it("answers with citations, as a model and by its own route", async () => {
    const yaml = await readFile(join(recipe, "flow.yaml"), "utf8");
    expect(await call("flows/declare", { yaml })).toMatchObject({ created: true, version: 1 });
    expect(await call("flows/declare", { yaml })).toMatchObject({ created: false, version: 1, changes: [] });
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: service.apiKey });
    const messages = [{ role: "user" as const, content: "How is a backup restored into another database?" }];
    const chat = await client.chat.completions.create({ model: "flow:docs-answer", messages });
    const { answer, citations } = JSON.parse(chat.choices[0]?.message.content ?? "");
    expect(answer).toContain("[1]");
    expect(citations[0]).toMatchObject({ number: 1, document: "backup.md" });
    expect(citations[0].source).toMatch(/^backup\.md, lines? \d/);

    const stream = await client.chat.completions.create({ model: "flow:docs-answer", messages, stream: true });
    let text = "";
    const told: string[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if ("tugboat" in chunk)
        told.push(z.looseObject({ step: z.string().optional() }).parse(chunk.tugboat).step ?? "end");
    }
    expect(JSON.parse(text)).toEqual({ answer, citations });
    expect(told).toEqual(["find", "read", "answer", "end"]);

    const direct = await fetch(`${service.url}/v1/flows/docs-answer`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ input: { question: messages[0]?.content } }),
    });
    const typed = await direct.json();
    expect([direct.status, typed.state, typed.output]).toEqual([200, "done", { answer, citations }]);
    const traced = () =>
      fetch(`${service.url}/api/traces/get?id=${typed.id}`, {
        headers: { authorization: `Bearer ${service.apiKey}` },
      }).then((response) => response.json());
    const { spans, trace } = await until(traced, ({ trace: there }) => there !== undefined);
    expect(trace).toMatchObject({ kind: "flow", model: "flow:docs-answer", status: "done" });
    expect(spans.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["step find", "step read", "step answer"]),
    );
    const wrong = await fetch(`${service.url}/v1/flows/docs-answer`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ input: { q: 1 } }),
    });
    expect([wrong.status, (await wrong.json()).error.param]).toEqual([400, "input"]);
  }, 200_000);

  it("is planned jointly: on held-out questions the plan holds what no single default does", async () => {
    const every = (await readFile(join(recipe, "questions.jsonl"), "utf8")).trim().split("\n");
    // The half on which docs/flows.md does not choose.
    const heldOut = every.filter((_, i) => i % 4 >= 2);
    const edits = heldOut.map((line) => ({ kind: "add", example: JSON.parse(line) }));
    await call("datasets/create", { name: "docs-questions" });
    await call("datasets/edit", { dataset: "docs-questions", seen: 0, edits });
    const yaml = await readFile(join(recipe, "flow.yaml"), "utf8");
    // One model that reads is enough here, and how fast this machine is must not decide.
    const quick = yaml
      .replace("flow: docs-answer", "flow: docs-planned")
      .replace(/ {6}- name: tug-small reads each\n[\s\S]*?(?=\n {2}answer:)/, "")
      .replace('latency_p95: "<= 1s", ', "");
    await call("flows/declare", { yaml: quick });
    const { job, plan } = await call("flows/plan", { name: "docs-planned" });
    expect((await jobEnd(job)).state).toBe("done");
    const { report } = await call(`flows/planDetail?name=docs-planned&plan=${plan}`);
    const { entries, isPriced, require, sentence } = flowPlanReport.parse(report);
    expect([isPriced, require]).toEqual([true, { quality: 0.7, costPer1kUsd: 0.005 }]);
    const [chosen, ...lost] = entries;
    expect(chosen, sentence).toMatchObject({ default: null, misses: {}, failed: 0 });
    expect(chosen?.ways).toEqual({ find: "eight by words", read: "one of each document" });
    const defaults = lost.filter((entry) => entry.default !== null);
    expect(defaults).toHaveLength(3);
    // The least effort finds too little; more for every step costs too much.
    expect(defaults.find(({ ways }) => ways.find === "one by words")?.misses.quality).toBeGreaterThan(0);
    const dearer = defaults.filter(({ ways }) => ways.read === "tug-nano reads each");
    expect(dearer).toHaveLength(2);
    for (const { misses } of dearer) expect(misses.costMicroUsd).toBeGreaterThan(0);
    expect(sentence).toContain("which no single default does");
  }, 600_000);

  it("goes on after kill -9 behind its last finished step, and repeats no deed", async () => {
    const yaml = `flow: noted-answer
input: { question: string }
steps:
  find: { retrieve: tugboat-docs, query: "\${input.question}", by: words, top: 3 }
  note:
    http: { method: POST, url: "${toolUrl}", body: { question: "\${input.question}", source: "\${find.passages.0.source}" } }
    output: { object: { noted: boolean } }
    timeout: 10min
  answer:
    code: |
      function run({ passages }) { return { answer: passages[0].text, sources: passages.map((one) => one.source) }; }
    with: { passages: "\${find.passages}" }
    output: { answer: string, sources: { list: string } }
    after: note
output: { answer: "\${answer.answer}", sources: "\${answer.sources}", noted: "\${note.body.noted}" }
`;
    await call("flows/declare", { yaml });
    holds = true;
    const { run } = await call("flows/run", { name: "noted-answer", input: { question: "Who may delete traces?" } });
    await until(
      async () => asked.length,
      (count) => count > 0,
    );
    service.process.kill("SIGKILL");
    await once(service.process, "exit");
    holds = false;
    service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" }, service.home);
    const done = await runEnd(run);
    expect(done.state, JSON.stringify(done.error)).toBe("done");
    expect(done.output.noted).toBe(true);
    expect(done.output.sources).toHaveLength(3);
    const attempts = Object.fromEntries(
      done.steps.map((one: { path: string; attempts: number }) => [one.path, one.attempts]),
    );
    expect(attempts).toEqual({ find: 1, note: 2, answer: 1 });
    // The tool was asked twice with one key and one body: it can tell that it was one wish.
    expect(asked).toHaveLength(2);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
    expect(new Set(asked.map(({ body }) => body)).size).toBe(1);
  }, 300_000);

  it("waits for a person, and goes on with the answer", async () => {
    const yaml = `flow: asks
input: { text: string }
steps:
  look: { approve: "Send \${input.text}?" }
  send: { code: "function run({ note }) { return { said: note } }", with: { note: "\${look.note}" }, output: { said: string } }
output: \${send.said}
`;
    await call("flows/declare", { yaml });
    const { run } = await call("flows/run", { name: "asks", input: "a letter" });
    const waiting = await runEnd(run);
    expect([waiting.state, waiting.steps[0].output]).toEqual(["waiting", { question: "Send a letter?" }]);
    await call("flows/answer", { run, step: "look", approved: true, note: "with love" });
    const done = await until(
      () => call(`flows/runDetail?id=${run}`),
      ({ state }) => state === "done" || state === "failed",
    );
    expect([done.state, done.output]).toEqual(["done", "with love"]);
  }, 120_000);
});
