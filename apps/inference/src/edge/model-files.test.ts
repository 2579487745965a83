import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Role, roleMay, roles } from "../domain/permissions.ts";
import { type ManagementFixture, type Person, startManagement, strangers, wordsModel } from "../testing/management.ts";

const bytes = randomBytes(300_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

let fixture: ManagementFixture;
let theirs: Awaited<ReturnType<typeof strangers>>;
let expert: Person;

beforeAll(async () => {
  fixture = await startManagement();
  theirs = await strangers(fixture);
  expert = await fixture.enter("Erik", fixture.scope, "expert");
  const sourcePath = join(fixture.home, "m.gguf");
  await writeFile(sourcePath, bytes);
  const files = [{ path: "", bytes: bytes.length, sha256 }];
  const model = { ...wordsModel("small"), sourcePath, bytes: bytes.length, files };
  await fixture.scope.models.upsert(model);
  await fixture.scope.models.upsert({ ...model, name: "huge", files: [{ path: "", bytes: 2e9, sha256 }] });
  await fixture.scope.models.upsert({ ...model, name: "changed", files: [{ path: "", bytes: 299_999, sha256 }] });
  await theirs.scope.models.upsert({ ...model, name: "theirs" });
}, 60_000);
afterAll(() => fixture.close());

function ask(name: string, headers: Readonly<Record<string, string>>, method = "GET"): Promise<Response> {
  return Promise.resolve(fixture.app.request(`/api/model-files/${name}`, { method, headers }));
}

describe("a model's file", () => {
  it("comes whole, with its digest", async () => {
    const response = await ask("small", expert.headers);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe("300000");
    const digest = createHash("sha256").update(bytes).digest("base64");
    expect(response.headers.get("repr-digest")).toBe(`sha-256=:${digest}:`);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("goes on from where it broke off", async () => {
    const response = await ask("small", { ...expert.headers, range: "bytes=299990-", "if-range": `"${sha256}"` });
    expect([response.status, response.headers.get("content-range")]).toEqual([206, "bytes 299990-299999/300000"]);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(299_990))).toBe(true);
    // What was begun was another file: from the beginning.
    const other = await ask("small", { ...expert.headers, range: "bytes=299990-", "if-range": '"other"' });
    expect(other.status).toBe(200);
    await other.body?.cancel();
    const beyond = await ask("small", { ...expert.headers, range: "bytes=300000-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */300000"]);
  });

  it("says its size without being sent", async () => {
    const response = await ask("small", expert.headers, "HEAD");
    expect([response.status, response.headers.get("content-length")]).toEqual([200, "300000"]);
    expect(response.headers.get("etag")).toBe(`"${sha256}"`);
  });

  it("is refused with the reason where a browser can't run it", async () => {
    const huge = await ask("huge", expert.headers);
    expect([huge.status, (await huge.json()).error.message]).toEqual([422, expect.stringContaining("1.5 GB")]);
    const changed = await ask("changed", expert.headers);
    expect([changed.status, (await changed.json()).error.code]).toEqual([409, "file-changed"]);
    const listed = await fixture.call(expert, "playground.browserModels", undefined, "GET");
    expect(listed.body.models).toContainEqual({ name: "small", file: { bytes: 300_000, sha256 }, why: null });
    expect(listed.body.models).toContainEqual({
      name: "huge",
      file: null,
      why: expect.stringContaining("more than a tab can hold"),
    });
  });

  it("of another organization does not exist", async () => {
    expect((await ask("theirs", expert.headers)).status).toBe(404);
    const foreign = { authorization: `Bearer ${theirs.secret}` };
    expect((await ask("small", foreign)).status).toBe(404);
    expect((await ask("theirs", foreign)).status).toBe(200);
  });

  it.each<Role>(roles)("asks %s for both permissions", async (role) => {
    const person = await fixture.enter(role, fixture.scope, role);
    const response = await ask("small", person.headers);
    const may = roleMay(role, "models:read") && roleMay(role, "inference:run");
    expect(response.status).toBe(may ? 200 : 403);
    await response.body?.cancel();
  });

  it("asks nobody who is signed out, and keeps a key to its models", async () => {
    expect((await ask("small", {})).status).toBe(401);
    const { secret } = await fixture.scope.keys.create({
      projectId: fixture.database.home.projectId,
      name: "confined",
      models: ["words"],
    });
    expect((await ask("small", { authorization: `Bearer ${secret}` })).status).toBe(404);
  });
});

describe("a shared playground", () => {
  it("has one id however often it is shared, and opens for its organization alone", async () => {
    const share = () => fixture.call(expert, "playground.share", { content: "eJwrSS0uAQAEXQHB" });
    const { body } = await share();
    expect((await share()).body).toEqual(body);
    const opened = await fixture.call(expert, "playground.open", body, "GET");
    expect(opened.body).toMatchObject({ id: body.id, content: "eJwrSS0uAQAEXQHB" });
    expect((await fixture.call(theirs.owner, "playground.open", body, "GET")).status).toBe(404);
  });

  it("is refused when it is too long or no packed document", async () => {
    for (const content of ["", "<script>", "a".repeat(400_001)]) {
      const { status, body } = await fixture.call(expert, "playground.share", { content });
      expect([status, body.error.code]).toEqual([400, "invalid"]);
    }
  });
});
