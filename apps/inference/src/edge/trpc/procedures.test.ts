import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../../testing/management.ts";
import { restRoutes } from "../rest.ts";

let fixture: ManagementFixture;
let owner: Person;
let admin: Person;
let developer: Person;
let projectId: string;

beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  admin = await fixture.enter("Anna", fixture.scope, "admin");
  developer = await fixture.enter("Dora", fixture.scope, "developer");
  projectId = fixture.database.home.projectId;
}, 60_000);
afterAll(() => fixture.close());

const call = (who: Person, procedure: string, input?: unknown) => {
  const route = restRoutes.find((one) => one.procedure === procedure);
  return fixture.call(who, procedure, input, route?.method);
};
const lastEntry = async () => (await fixture.scope.audit.list({ limit: 1 }))[0];
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}`, "content-type": "application/json" });

describe("keys", () => {
  it("show their secret once, work, and are refused at once when revoked", async () => {
    const { body } = await call(developer, "keys.create", { name: "CI", projectId });
    expect(body.secret).toMatch(/^tug_[\w-]{43}$/);
    expect(body.key).toMatchObject({ name: "CI", scopes: ["*"], models: [], createdBy: developer.userId });
    const listed = JSON.stringify((await call(developer, "keys.list")).body);
    expect(listed).toContain(body.key.id);
    expect(listed).not.toContain(body.secret);
    const ask = () => fixture.app.request("/v1/models", { headers: bearer(body.secret) });
    expect((await ask()).status).toBe(200);
    const revoked = await call(developer, "keys.revoke", { id: body.key.id });
    expect(revoked.body.revokedAt).not.toBeNull();
    await expect.poll(async () => (await ask()).status, { interval: 5, timeout: 1000 }).toBe(401);
    expect(await lastEntry()).toMatchObject({
      actor: developer.userId,
      action: "keys.revoke",
      subject: body.key.id,
      before: { name: "CI", revokedAt: null },
      after: { revokedAt: revoked.body.revokedAt },
    });
    expect(JSON.stringify(await fixture.scope.audit.list())).not.toContain(body.secret);
  });

  it("take on a changed limit and scope at once", async () => {
    const { body } = await call(developer, "keys.create", { name: "Limits", projectId });
    const ask = () => fixture.app.request("/v1/models", { headers: bearer(body.secret) });
    expect((await ask()).headers.get("x-ratelimit-limit-requests")).toBeNull();
    const { id, updatedAt } = body.key;
    const limited = await call(developer, "keys.update", { id, updatedAt, requestsPerMinute: 30 });
    expect(limited.body).toMatchObject({ requestsPerMinute: 30, name: "Limits" });
    await expect
      .poll(async () => (await ask()).headers.get("x-ratelimit-limit-requests"), { interval: 5, timeout: 1000 })
      .toBe("30");
    const change = { id, updatedAt: limited.body.updatedAt, scopes: ["inference:run"], requestsPerMinute: null };
    await call(developer, "keys.update", change);
    await expect.poll(async () => (await ask()).status, { interval: 5, timeout: 1000 }).toBe(403);
  });

  it("never carry what keys may not, and say which field is wrong", async () => {
    const { body, status } = await call(owner, "keys.create", { name: "", projectId, scopes: ["members:write"] });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: "invalid",
      fields: { name: "A name is needed.", "scopes.0": "A key can't have this permission." },
    });
  });

  it("call the management API within their scopes, and are named in the audit log", async () => {
    const { body } = await call(developer, "keys.create", {
      name: "Robot",
      projectId,
      scopes: ["models:read", "models:write"],
    });
    const robot = { headers: bearer(body.secret) };
    expect((await fixture.call(robot, "models.list", undefined, "GET")).body.models).toHaveLength(1);
    expect((await fixture.call(robot, "projects.list", undefined, "GET")).status).toBe(403);
    expect((await fixture.call(robot, "session.me", undefined, "GET")).status).toBe(401);
    expect((await fixture.call(robot, "models.remove", { name: "words" })).status).toBe(200);
    expect(await lastEntry()).toMatchObject({ actor: `key:${body.key.id}`, action: "models.remove", subject: "words" });
    expect((await call(owner, "models.list")).body.models).toEqual([]);
  });
});

describe("two who change the same thing", () => {
  it("the second is told by whom, and nothing of theirs is stored", async () => {
    const { body: seen } = await call(admin, "organization.get");
    expect((await call(owner, "organization.rename", { name: "First", updatedAt: seen.updatedAt })).status).toBe(200);
    const second = await call(admin, "organization.rename", { name: "Second", updatedAt: seen.updatedAt });
    expect(second).toMatchObject({
      status: 409,
      body: {
        error: {
          code: "conflict",
          changedBy: "Olga",
          message: "The organization was changed in the meantime by Olga.",
        },
      },
    });
    expect((await call(admin, "organization.get")).body.name).toBe("First");
    expect(await lastEntry()).toMatchObject({
      actor: owner.userId,
      action: "organization.rename",
      after: { name: "First" },
    });
  });
});

describe("members", () => {
  it("can't become owners by an admin's hand, nor owners be removed by one", async () => {
    const { body } = await call(admin, "members.list");
    const find = (userId: string) => body.members.find((one: { userId: string }) => one.userId === userId);
    const { updatedAt } = find(developer.userId);
    const promote = { userId: developer.userId, role: "owner", updatedAt };
    expect((await call(admin, "members.changeRole", promote)).body.error.code).toBe("forbidden");
    expect((await call(admin, "members.invite", { email: "x@x.example", role: "owner" })).status).toBe(403);
    expect((await call(admin, "members.remove", { userId: owner.userId })).status).toBe(403);
    expect((await call(owner, "members.changeRole", promote)).body.role).toBe("owner");
    const back = { userId: developer.userId, role: "developer" };
    const { body: now } = await call(owner, "members.list");
    const seen = now.members.find((one: { userId: string }) => one.userId === developer.userId).updatedAt;
    expect((await call(owner, "members.changeRole", { ...back, updatedAt: seen })).body.role).toBe("developer");
    const last = await call(owner, "members.remove", { userId: owner.userId });
    expect([last.status, last.body.error.code]).toEqual([412, "last-one"]);
  });

  it("lose everything the moment they are removed", async () => {
    const guest = await fixture.enter("Gus", fixture.scope, "developer");
    expect((await call(guest, "keys.list")).status).toBe(200);
    await call(admin, "members.remove", { userId: guest.userId });
    expect((await call(guest, "keys.list")).body.error.code).toBe("no-organization");
    const chat = await fixture.app.request("/v1/models", { headers: guest.headers });
    expect(chat.status).toBe(403);
  });
});

describe("the audit log", () => {
  it("pages without a gap, filters, and exports what was filtered", async () => {
    for (let i = 0; i < 7; i++) await call(admin, "projects.create", { name: `=Page ${i}` });
    const filter = { actor: admin.userId, action: "projects." };
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await call(owner, "audit.list", { ...filter, limit: 3, ...(cursor && { cursor }) });
      expect(body.records.length).toBeLessThanOrEqual(3);
      pages.push(...body.records.map((record: { after: { name: string } }) => record.after.name));
      cursor = body.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `=Page ${i}`));
    const { body: csv } = await call(owner, "audit.export", { ...filter, format: "csv" });
    expect(csv.contentType).toBe("text/csv; charset=utf-8");
    expect(csv.content.split("\r\n")).toHaveLength(9);
    expect(csv.content).toContain(",Anna,projects.create,");
    const { body: lines } = await call(owner, "audit.export", { ...filter, format: "jsonl" });
    expect(
      lines.content
        .trim()
        .split("\n")
        .map((line: string) => JSON.parse(line).actorName),
    ).toEqual(Array(7).fill("Anna"));
    const none = await call(owner, "audit.list", { to: "2020-01-01T00:00:00.000Z" });
    expect(none.body).toEqual({ records: [], nextCursor: null });
  });

  it("has an entry for every change, and none for one that was refused", async () => {
    const count = async () => (await fixture.scope.audit.list({ limit: 1000 })).length;
    const before = await count();
    const { body: project } = await call(admin, "projects.create", { name: "Counted" });
    await call(admin, "projects.rename", { id: project.id, name: "Again", updatedAt: "2020-01-01T00:00:00.000Z" });
    await call(admin, "projects.archive", { id: project.id, updatedAt: project.updatedAt });
    expect(await count()).toBe(before + 2);
  });
});

describe("bad input", () => {
  const hostile = ["<script>alert(1)</script>", "'; DROP TABLE project; --", "🚢".repeat(25), "日本語"];
  it.each(hostile)("a name %s is only a name", async (name) => {
    const { body } = await call(admin, "projects.create", { name });
    expect(body.name).toBe(name);
    expect((await call(admin, "projects.list")).body.projects.at(-1).name).toBe(name);
  });

  it.each([
    ["a control character", { name: "a\u0000b" }],
    ["half of a surrogate pair", { name: "\ud800" }],
    ["only spaces", { name: "   " }],
    ["too long", { name: "x".repeat(101) }],
    ["a wrong type", { name: 7 }],
    ["missing", {}],
  ])("a name that is %s is refused beside its field", async (_, input) => {
    const { body, status } = await call(admin, "projects.create", input);
    expect(status).toBe(400);
    expect(Object.keys(body.error.fields)).toEqual(["name"]);
  });

  it("a body that is huge or no JSON is refused", async () => {
    const send = (body: string) =>
      fixture.app.request("/api/projects/create", {
        method: "POST",
        headers: { ...admin.headers, "content-type": "application/json", "content-length": String(body.length) },
        body,
      });
    expect((await send("{")).status).toBe(400);
    expect((await send(`"${"x".repeat(2 ** 20)}"`)).status).toBe(413);
  });
});

describe("tRPC", () => {
  it("answers a batch, and refuses in the same shape for each", async () => {
    const input = encodeURIComponent(JSON.stringify({ 1: { name: "nothing" } }));
    const response = await fixture.app.request(`/api/trpc/session.me,models.get?batch=1&input=${input}`, {
      headers: developer.headers,
    });
    expect(response.status).toBe(207);
    const [me, missing] = await response.json();
    expect(me.result.data).toMatchObject({ user: { name: "Dora" }, role: "developer" });
    expect(me.result.data.permissions).not.toContain("audit:read");
    expect(missing.error).toMatchObject({
      message: "There is no model nothing.",
      data: { code: "NOT_FOUND", httpStatus: 404, path: "models.get", reason: "not-found" },
    });
    expect(JSON.stringify(missing)).not.toContain("stack");
  });

  it("makes no change by GET", async () => {
    const input = encodeURIComponent(JSON.stringify({ name: "By GET" }));
    const response = await fixture.app.request(`/api/trpc/projects.create?input=${input}`, { headers: admin.headers });
    expect(response.status).toBe(405);
  });
});

describe("/api/openapi.json", () => {
  it("tells of every procedure with its input, output and permission, and refers to nothing that is not there", async () => {
    const response = await fixture.app.request("/api/openapi.json");
    const document = await response.json();
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.entries<Record<string, { operationId: string }>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
    );
    expect(operations.sort()).toEqual(
      restRoutes.map((route) => `${route.method} ${route.path} ${route.procedure}`).sort(),
    );
    const create = document.paths["/api/keys/create"].post;
    expect(create["x-permission"]).toBe("keys:write");
    const { schema } = create.requestBody.content["application/json"];
    expect(schema.required.sort()).toEqual(["name", "projectId"]);
    expect(create.responses[200].content["application/json"].schema.properties.secret).toEqual({ type: "string" });
    const list = document.paths["/api/audit/list"].get;
    expect(list.parameters.map(({ name }: { name: string }) => name)).toContain("cursor");
    for (const [, reference = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference.split("/").reduce((node, name) => node?.[name], document);
      expect(found, reference).toBeDefined();
    }
  });
});
