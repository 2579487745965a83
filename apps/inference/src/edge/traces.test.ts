import { createServer } from "node:http";
import { Client } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OtlpExporter } from "../domain/traces/otlp-exporter.ts";
import { newRequestId } from "../domain/usage/request-id.ts";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";

let fixture: ManagementFixture;
let admin: Person;
let secret = "";
let projectId = "";

beforeAll(async () => {
  fixture = await startManagement();
  admin = await fixture.enter("Admin", fixture.scope, "admin");
  projectId = (await fixture.scope.projects.create("Traced")).id;
  ({ secret } = await fixture.scope.keys.create({ projectId, name: "Traced key" }));
}, 60_000);
afterAll(() => fixture.close());

async function ask(content: string, headers: Record<string, string> = {}, more: object = {}) {
  const response = await fixture.app.request("/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "words", messages: [{ role: "user", content }], ...more }),
  });
  const text = await response.text();
  await fixture.tracer.flush();
  return { status: response.status, text, headers: response.headers };
}

async function newest(filter: object = {}) {
  const { body } = await fixture.call(admin, "traces.list", filter, "GET");
  return body.traces[0];
}

const read = async (id: string) => (await fixture.call(admin, "traces.get", { id }, "GET")).body;

describe("a request", () => {
  it("leaves its steps, its figures and what was said, without personal data", async () => {
    const { text } = await ask("Mail ada@lovelace.example about pelicans", {}, { temperature: 0.5 });
    const { tugboat, choices, usage } = JSON.parse(text);
    const trace = await newest();
    expect(trace).toMatchObject({
      id: tugboat.request_id,
      status: "done",
      httpStatus: 200,
      model: "words",
      kind: "chat",
      inputTokens: usage.prompt_tokens,
      outputTokens: usage.completion_tokens,
      preview: "Mail [email] about pelicans",
      key: { name: "Traced key" },
      project: { id: projectId, name: "Traced" },
    });
    const { body, spans } = await read(trace.id);
    expect(body.redacted).toBe(true);
    expect(body.input.messages[0].content).toBe("Mail [email] about pelicans");
    expect(body.output[0].content).toBe(choices[0].message.content);
    const names = spans.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["chat words", "key", "route", "queue", "prefill", "decode"]));
    const root = spans.find(({ parentId }: { parentId: string | null }) => parentId === null);
    expect(root.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "words",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.usage.output_tokens": usage.completion_tokens,
    });
    for (const { parentId, startMs, durationMs } of spans) {
      if (parentId !== null) expect(parentId).toBe(root.id);
      // Microseconds are rounded.
      expect(startMs + durationMs).toBeLessThanOrEqual(root.durationMs + 0.01);
    }
  });

  it("that is streamed leaves what it said too", async () => {
    await ask("stream me", {}, { stream: true });
    const { body } = await read((await newest()).id);
    expect(body.output[0].content).not.toBe("");
    expect(body.output[0].finish).toBeDefined();
  });

  it("that is refused says why", async () => {
    await ask("x", {}, { model: "no-such-model" });
    const trace = await newest({ status: "refused" });
    expect(trace).toMatchObject({ httpStatus: 404, error: "model_not_found", model: "no-such-model" });
    expect((await read(trace.id)).body.output).toMatchObject({ error: { code: "model_not_found" } });
  });

  it("joins the trace that its client names, with the client's own spans", async () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const parent = "00f067aa0ba902b7";
    await ask("traced", { traceparent: `00-${traceId}-${parent}-01` });
    const trace = await newest();
    const now = BigInt(Date.now()) * 1_000_000n;
    const sent = await fixture.app.request("/v1/traces", {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
            scopeSpans: [
              {
                spans: [
                  {
                    traceId,
                    spanId: parent,
                    name: "checkout",
                    startTimeUnixNano: String(now - 5_000_000n),
                    endTimeUnixNano: String(now),
                    attributes: [{ key: "cart", value: { intValue: "3" } }],
                  },
                  {
                    traceId,
                    spanId: "00f067aa0ba902b8",
                    name: "ancient",
                    startTimeUnixNano: "1",
                    endTimeUnixNano: "2",
                  },
                ],
              },
            ],
          },
        ],
      }),
    });
    expect(await sent.json()).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
    const { spans, traceHex } = await read(trace.id);
    expect(traceHex).toBe(traceId);
    expect(spans.find(({ name }: { name: string }) => name === "chat words").parentId).toBe(parent);
    expect(spans.find(({ name }: { name: string }) => name === "checkout")).toMatchObject({
      service: "shop",
      attributes: { cart: 3 },
    });
  });
});

describe("the list", () => {
  it("is narrowed by words, beginnings of words and figures, and read page by page", async () => {
    for (const n of [1, 2, 3]) await ask(`marmalade number ${n}`);
    expect((await fixture.call(admin, "traces.list", { text: "marmal" }, "GET")).body.traces).toHaveLength(3);
    expect((await fixture.call(admin, "traces.list", { text: "marmalade 2" }, "GET")).body.traces).toHaveLength(1);
    expect((await fixture.call(admin, "traces.list", { text: "tapioca" }, "GET")).body.traces).toHaveLength(0);
    expect((await fixture.call(admin, "traces.list", { minMs: 3_600_000 }, "GET")).body.traces).toHaveLength(0);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: { traces: { id: string }[]; nextCursor: string | null } } = await fixture.call(
        admin,
        "traces.list",
        { limit: 2, ...(cursor && { cursor }) },
        "GET",
      );
      seen.push(...body.traces.map(({ id }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort().reverse());
    expect((await fixture.call(admin, "traces.list", { cursor: "x" }, "GET")).status).toBe(400);
  });
});

describe("feedback", () => {
  const send = async (body: object) =>
    fixture.app.request("/v1/feedback", {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("finds its answer by the trace, by the answer's request id and by the caller's own", async () => {
    const { headers, text } = await ask("rate me", { "x-request-id": "order-77" });
    expect(headers.get("x-request-id")).toBe("order-77");
    const traceId = JSON.parse(text).tugboat.request_id;
    expect((await send({ trace_id: traceId, thumb: "up" })).status).toBe(200);
    expect((await send({ request_id: "order-77", thumb: "down", comment: "too short" })).status).toBe(200);
    const own = `req_${traceId.replaceAll("-", "")}`;
    expect((await send({ request_id: own, score: 0.25, correction: "pelicans" })).status).toBe(200);
    const { feedback } = await read(traceId);
    expect(feedback.map(({ kind, value }: { kind: string; value: number }) => [kind, value])).toEqual([
      ["thumb", 1],
      ["thumb", 0],
      ["score", 0.25],
      ["correction", null],
    ]);
    expect((await newest({ feedback: "bad" })).id).toBe(traceId);
  });

  it.each([
    [{ thumb: "up" }, "missing_reference"],
    [{ trace_id: newRequestId() }, "missing_feedback"],
    [{ trace_id: newRequestId(), thumb: "up" }, "trace_not_found"],
    [{ trace_id: newRequestId(), thumb: "sideways" }, "invalid_value"],
  ])("that makes no sense is refused: %j", async (body, code) => {
    expect((await (await send(body)).json()).error.code).toBe(code);
  });
});

describe("an example", () => {
  it("is made of a request, with its answer or with what it should have been", async () => {
    await ask("an example of wombats");
    const { id } = await newest({ text: "wombats" });
    const save = (expected: string) => fixture.call(admin, "traces.saveExample", { id, dataset: "Wombats", expected });
    expect((await save("correction")).body.error).toMatchObject({ code: "no-example" });
    expect((await save("answer")).body).toEqual({ dataset: "Wombats", version: 1, made: true });
    await fixture.call(admin, "traces.rate", { id, kind: "correction", text: "marsupial" });
    expect((await save("correction")).body).toMatchObject({ version: 2 });
    const { version } = await fixture.scope.datasets.resolve("Wombats@latest");
    const { examples } = await fixture.scope.datasets.page(version.id, { limit: 10 });
    expect(examples.map(({ expected, input, origin }) => ({ expected, input, origin }))).toMatchObject([
      { input: { messages: [{ role: "user", content: "an example of wombats" }] }, origin: { kind: "trace", id } },
      { expected: "marsupial" },
    ]);
  });

  it("is made of every request that a filter finds, each question once", async () => {
    for (const text of ["Where is quokka one?", "where is  quokka one?", "Where is quokka two?"]) await ask(text);
    const save = () =>
      fixture.call(admin, "traces.saveExamples", {
        filter: { text: "quokka" },
        dataset: "Quokkas",
        expected: "nothing",
      });
    expect((await save()).body).toEqual({ dataset: "Quokkas", version: 1, added: 2, same: 1, unusable: 0 });
    await ask("Where is quokka three?");
    expect((await save()).body).toMatchObject({ version: 2, added: 1, same: 3 });
    expect((await save()).body).toMatchObject({ version: 2, added: 0, same: 4 });
    const filter = { text: "quokka", feedback: "bad" };
    const nobody = await fixture.call(admin, "traces.saveExamples", { filter, dataset: "None", expected: "answer" });
    expect(nobody.body).toEqual({ dataset: "None", version: null, added: 0, same: 0, unusable: 0 });
  });
});

describe("what is kept", () => {
  it("follows the project's policy", async () => {
    const set = (policy: object | null) => fixture.call(admin, "traces.setPolicy", { project: projectId, policy });
    expect((await set({ bodiesPercent: 0, redact: true, retentionDays: 5 })).status).toBe(200);
    await ask("a secret of ours");
    const trace = await newest();
    expect(trace.preview).toBeNull();
    expect((await read(trace.id)).body).toBeNull();
    expect((await read(trace.id)).spans.length).toBeGreaterThan(3);
    await set({ bodiesPercent: 100, redact: false, retentionDays: 5 });
    await ask("to grace@navy.example");
    expect((await newest()).preview).toBe("to grace@navy.example");
    const inSixDays = new Date(Date.now() + 6 * 86_400_000);
    expect(await fixture.tracer.clean(inSixDays)).toBeGreaterThan(0);
    expect(await newest({ project: projectId })).toBeUndefined();
    await set(null);
  });

  it("is gone from every table when it is deleted", async () => {
    await ask("the word is xylophonist", { "x-request-id": "xylophonist-1" });
    const trace = await newest({ text: "xylophonist" });
    await fixture.call(admin, "traces.rate", { id: trace.id, kind: "correction", text: "xylophonist!" });
    expect(await tablesWith("xylophonist")).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^trace_2/),
        expect.stringMatching(/^trace_body_/),
        "trace_feedback",
      ]),
    );
    const { body } = await fixture.call(admin, "traces.removeMatching", { text: "xylophonist" });
    expect(body).toEqual({ removed: 1, more: false });
    // What was paid for stays, and says nothing but the caller's own request id.
    expect((await tablesWith("xylophonist")).filter((name) => !name.startsWith("usage_event"))).toEqual([]);
    expect((await fixture.call(admin, "traces.get", { id: trace.id }, "GET")).status).toBe(404);
  });
});

async function tablesWith(word: string): Promise<string[]> {
  const client = new Client({ connectionString: fixture.database.url });
  await client.connect();
  try {
    const { rows } = await client.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    const found: string[] = [];
    for (const { relname } of rows) {
      const { rowCount } = await client.query(`SELECT 1 FROM "${relname}" t WHERE t::text LIKE $1 LIMIT 1`, [
        `%${word}%`,
      ]);
      if (rowCount) found.push(relname);
    }
    return found;
  } finally {
    await client.end();
  }
}

describe("a collector", () => {
  it("is sent spans in OTLP's JSON, again when it was busy", async () => {
    const received: string[] = [];
    let busy = 1;
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        if (busy-- > 0) return response.writeHead(503).end();
        received.push(`${request.url} ${request.headers["x-team"]} ${body}`);
        response.writeHead(200).end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const exporter = new OtlpExporter({ endpoint, headers: { "x-team": "tug" } }, pino({ level: "silent" }));
    await ask("for the collector");
    const { id } = await newest();
    const { body, spans, trace } = await fixture.scope.traces.get(id);
    exporter.send([{ trace, spans, body: body ?? undefined }]);
    await expect.poll(() => received.length, { timeout: 15_000 }).toBe(1);
    await exporter.close();
    server.close();
    expect(received[0]).toMatch(/^\/v1\/traces tug /);
    const [{ resource, scopeSpans }] = JSON.parse(received[0]?.slice("/v1/traces tug ".length) ?? "").resourceSpans;
    expect(resource.attributes[0]).toEqual({ key: "service.name", value: { stringValue: "tugboat" } });
    const [sent] = scopeSpans[0].spans;
    expect(sent.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(BigInt(sent.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(sent.startTimeUnixNano));
  });
});
