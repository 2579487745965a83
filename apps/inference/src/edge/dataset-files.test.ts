import { afterAll, beforeAll, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";

let fixture: ManagementFixture;
let owner: Person;
let viewer: Person;
beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  viewer = await fixture.enter("Vic", fixture.scope, "viewer");
}, 60_000);
afterAll(() => fixture.close());

const send = (who: Pick<Person, "headers">, body: string) =>
  fixture.app.request("/api/dataset-files", { method: "POST", headers: who.headers, body });

it("takes files of those who may import, and says what they look like", async () => {
  expect((await send({ headers: {} }, "a")).status).toBe(401);
  expect((await send(viewer, "a")).status).toBe(403);
  const { id } = await (await send(owner, "message,queue\nWhere?,delivery\n")).json();
  const found = await fixture.call(owner, "datasets.inspect", { upload: id, file: "x.csv" });
  expect(found.body).toMatchObject({
    format: "csv",
    mapping: { shape: "columns", columns: { message: "input", queue: "expected" } },
    preview: [{ row: 2, example: { input: "Where?", expected: "delivery" } }],
    more: false,
  });
  const { id: bad } = await (await send(owner, "{oops")).json();
  const refused = await fixture.call(owner, "datasets.inspect", { upload: bad, file: "x.jsonl" });
  expect(refused.status).toBe(400);
  expect(refused.body.error).toMatchObject({ code: "bad-file", message: "Line 1 is not JSON." });
});

it("edits rows as versions, refuses what was made against an older one, and exports", async () => {
  await fixture.call(owner, "datasets.create", { name: "triage" });
  const add = (seen: number, input: string) => {
    const edits = [{ kind: "add", example: { input, expected: "x" } }];
    return fixture.call(owner, "datasets.edit", { dataset: "triage", seen, edits });
  };
  expect((await add(0, "one")).body).toMatchObject({ version: { number: 1, rows: 1 }, made: true });
  expect((await add(0, "two")).status).toBe(409);
  expect((await add(1, "two")).body).toMatchObject({ version: { number: 2, rows: 2 } });
  const get = (query: string) =>
    fixture.app.request(`/api/dataset-exports/triage?${query}`, { headers: viewer.headers });
  const file = await get("version=1&format=csv");
  expect(file.headers.get("content-disposition")).toBe('attachment; filename="triage-v1.csv"');
  expect(await file.text()).toMatch(/^input,expected,tags,split\r\none,x,,(train|validation|test)\r\n$/);
  expect((await get("version=9")).status).toBe(404);
  expect((await get("format=parquet")).status).toBe(400);
  expect((await get("format=openai-preference")).status).toBe(422);
  const rows = await fixture.call(viewer, "datasets.rows", { dataset: "triage", text: "TWO" }, "GET");
  expect(rows.body.examples).toMatchObject([{ position: 2, input: "two", since: 2 }]);
});
