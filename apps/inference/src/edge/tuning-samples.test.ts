import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";

let fixture: ManagementFixture;
let expert: Person;
beforeAll(async () => {
  fixture = await startManagement();
  expert = await fixture.enter("Ex", fixture.scope, "expert");
}, 60_000);
afterAll(() => fixture.close());

const things = "cat dog bird tree ball house boat hat cake star fish cup".split(" ");
const rows = things.map((thing, i) => ({ input: `Where did the ${thing} go?`, expected: i % 2 ? "lost" : "found" }));

const check = (from: object) => fixture.call(expert, "tuning.check", { from, model: "words" });
async function send(text: string | Uint8Array): Promise<string> {
  const address = "/api/dataset-files";
  const sent = await fixture.app.request(address, {
    method: "POST",
    headers: expert.headers,
    body: new Uint8Array(Buffer.from(text)),
  });
  return (await sent.json()).id;
}

it("takes a file from the disk, whatever its encoding, and begins with what was mended", async () => {
  const lines = [...rows, rows[0]!].map(({ expected, input }) => `"${input}",${expected}`);
  const upload = await send(Buffer.from(`\uFEFFmessage,place\r\n${lines.join("\r\n")}\r\n`, "utf16le"));
  const from = { kind: "file", upload, file: "x.csv" };
  const { body } = await check(from);
  expect(body).toMatchObject({
    format: "csv",
    rows: 13,
    taken: 13,
    examples: 13,
    mapping: { input: "message", output: "place" },
    kind: "labels",
    findings: [{ kind: "duplicates", rows: [12] }],
  });
  const wanted = { from, model: "words", name: "lost", mends: ["duplicates"], mayForget: 0.1, minutes: 1 };
  const begun = await fixture.call(expert, "tuning.create", wanted);
  const run = await fixture.call(expert, "tuning.get", { id: begun.body.run }, "GET");
  expect(run.body).toMatchObject({ name: "lost", examples: 12, config: { mayForget: 0.1 } });
});

it("says what is wrong with a file, and where", async () => {
  const wide = await send("message,place\nWhere, please, is it?,lost\n");
  const refused = await check({ kind: "file", upload: wide, file: "x.csv" });
  expect(refused.status).toBe(400);
  expect(refused.body.error).toMatchObject({ code: "bad-file", message: expect.stringContaining("Row 2") });
  const gone = await check({ kind: "file", upload: randomUUID(), file: "x.csv" });
  expect(gone.status).toBe(404);
});

it("takes a dataset's version, and leaves its test examples alone", async () => {
  const { id } = await fixture.scope.datasets.create({ name: "places", createdBy: "system" });
  const placed = rows.map((row, i) => ({ ...row, split: i === 3 ? ("test" as const) : ("train" as const) }));
  await fixture.scope.datasets.append(id, [...placed, { input: "Nobody knows", expected: null }], {
    createdBy: "system",
  });
  await fixture.scope.datasets.append(id, [{ input: "One more of them", expected: "lost" }], { createdBy: "system" });
  expect((await check({ kind: "dataset", dataset: "places", version: 1 })).body).toMatchObject({ examples: 11 });
  expect((await check({ kind: "dataset", dataset: "places" })).body).toMatchObject({ format: "dataset", examples: 12 });
  expect((await check({ kind: "dataset", dataset: "their-dataset" })).status).toBe(404);
});

it("takes what people corrected and liked of answers", async () => {
  const none = await check({ kind: "traces" });
  expect(none.body.error).toMatchObject({ message: expect.stringContaining("Nobody has corrected") });
  const { secret } = await fixture.scope.keys.create({
    projectId: (await fixture.scope.projects.list())[0]!.id,
    name: "k",
  });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const ask = async (content: string): Promise<{ id: string; answer: string }> => {
    const body = JSON.stringify({ model: "words", messages: [{ role: "user", content }] });
    const response = await fixture.app.request("/v1/chat/completions", { method: "POST", headers, body });
    const { choices, tugboat } = await response.json();
    await fixture.tracer.flush();
    return { id: tugboat.request_id, answer: choices[0].message.content };
  };
  const [corrected, liked, disliked] = [await ask("first"), await ask("second"), await ask("third")];
  await ask("fourth");
  const rate = (id: string, said: object) => fixture.call(expert, "traces.rate", { id, ...said });
  await rate(corrected.id, { kind: "correction", text: "the right answer" });
  await rate(liked.id, { kind: "thumb", value: 1 });
  await rate(disliked.id, { kind: "thumb", value: 0 });
  const { body } = await check({ kind: "traces" });
  expect(body).toMatchObject({ format: "traces", rows: 2 });
  expect(body.preview).toEqual(
    expect.arrayContaining([
      { input: "first", output: "the right answer" },
      { input: "second", output: liked.answer },
    ]),
  );
});
