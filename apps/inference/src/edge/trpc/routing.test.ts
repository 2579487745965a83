import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { behaviours, type FakeUpstream, startFakeUpstream } from "../../testing/fake-upstream.ts";
import { type ManagementFixture, type Person, startManagement } from "../../testing/management.ts";
import { until } from "../../testing/workers.ts";

const secret = "sk-very-secret-0123456789";
let fixture: ManagementFixture;
let fake: FakeUpstream;
let admin: Person;

beforeAll(async () => {
  fixture = await startManagement();
  fake = await startFakeUpstream();
  admin = await fixture.enter("Ann", fixture.scope, "admin");
}, 60_000);
afterAll(async () => {
  await fake.close();
  await fixture.close();
});

const call = (procedure: string, input?: unknown) =>
  fixture.call(admin, procedure, input, procedure.endsWith(".list") || procedure.endsWith(".get") ? "GET" : "POST");
const everythingRecorded = async () => JSON.stringify(await fixture.scope.audit.list({ limit: 1000 }));

describe("an upstream", () => {
  it("is added, tested, changed and removed, and its secret is never given back", async () => {
    const made = await call("upstreams.create", { name: "lab", baseUrl: `${fake.url}/`, secret });
    expect(made).toMatchObject({ status: 200, body: { name: "lab", baseUrl: fake.url, hasSecret: true, models: [] } });
    const { id } = made.body;
    const tested = await call("upstreams.test", { id });
    expect(tested.body).toMatchObject({ testOk: true, models: ["echo"] });
    expect(tested.body.testMessage).toMatch(/^It lists 1 model; echo answered, its first token after \d+ ms\.$/);
    expect(fake.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);

    fake.behave(behaviours.status(401));
    expect((await call("upstreams.test", { id })).body).toMatchObject({
      testOk: false,
      testMessage:
        "It lists 1 model, but echo did not answer. The upstream lab does not accept the secret it was given.",
      models: ["echo"],
    });
    fake.behave(behaviours.words(["ok"]));

    const { updatedAt } = made.body;
    const away = await call("upstreams.update", { id, updatedAt, baseUrl: "https://elsewhere.example/v1" });
    expect([away.status, away.body.error.fields.secret]).toEqual([
      400,
      expect.stringContaining("Enter the secret again"),
    ]);
    const off = await call("upstreams.update", { id, updatedAt, enabled: false });
    expect(off.body).toMatchObject({ enabled: false, hasSecret: true });
    expect((await call("upstreams.update", { id, updatedAt, enabled: true })).status).toBe(409);
    const open = await call("upstreams.update", { id, updatedAt: off.body.updatedAt, secret: null });
    expect(open.body.hasSecret).toBe(false);
    expect((await call("upstreams.remove", { id, updatedAt: open.body.updatedAt })).status).toBe(200);

    const recorded = await everythingRecorded();
    for (const act of ["create", "test", "update", "remove"]) expect(recorded).toContain(`upstreams.${act}`);
    expect(recorded + JSON.stringify([made, tested, off, open])).not.toContain(secret);
  });

  it.each([
    [{ name: "a/b" }, "name"],
    [{ baseUrl: "gopher://x" }, "baseUrl"],
    [{ baseUrl: "http://169.254.169.254/" }, "baseUrl"],
    [{ secret: "two words" }, "secret"],
    [{ secretHeader: "Host" }, "secretHeader"],
    [{ headers: { Authorization: "Bearer x" } }, "headers"],
    [{ headers: { "x-a": "b\r\nx-c: d" } }, "headers.x-a"],
    [{ connectTimeoutMs: -1 }, "connectTimeoutMs"],
  ])("is refused with %j, beside the field", async (wrong, field) => {
    const { body, status } = await call("upstreams.create", { name: "lab", baseUrl: fake.url, ...wrong });
    expect([status, Object.keys(body.error.fields)]).toEqual([400, [field]]);
    expect((await call("upstreams.list")).body.upstreams).toEqual([]);
  });

  it("that does not answer is said to be so", async () => {
    const { body } = await call("upstreams.create", { name: "gone", baseUrl: "http://127.0.0.1:1/v1" });
    const tested = await call("upstreams.test", { id: body.id });
    expect(tested.body).toMatchObject({ testOk: false, testMessage: "The upstream gone can't be reached." });
    await call("upstreams.remove", { id: body.id, updatedAt: body.updatedAt });
  });
});

describe("an alias", () => {
  const plan = (share = 100) => ({
    split: [{ target: { kind: "model", model: "words" }, share }],
    failover: [],
  });

  it("is made, moved, rolled back and removed, with names and health", async () => {
    const made = await call("aliases.create", { name: "support", plan: plan(), note: "first" });
    expect(made).toMatchObject({
      status: 200,
      body: {
        name: "support",
        current: { number: 1, note: "first", createdByName: "Ann", split: [{ share: 100, target: { name: "words" } }] },
      },
    });
    const { id, updatedAt } = made.body;
    const upstream = await call("upstreams.create", { name: "lab", baseUrl: fake.url, extraModels: ["echo"] });
    const target = { kind: "upstream", upstreamId: upstream.body.id, model: "echo" };
    const canary = { split: [...plan(90).split, { target, share: 10 }], failover: [] };
    const moved = await call("aliases.move", { id, plan: canary, updatedAt });
    expect(moved.body.current).toMatchObject({ number: 2 });
    await until(async () => (await call("aliases.get", { id })).body.current.split[1].target.name === "lab/echo");
    expect((await call("aliases.move", { id, plan: plan(), updatedAt })).body.error).toMatchObject({
      code: "conflict",
      changedBy: "Ann",
    });
    const back = await call("aliases.rollback", { id, version: 1, updatedAt: moved.body.updatedAt });
    expect(back.body.current).toMatchObject({ number: 3, restores: 1, split: [{ share: 100 }] });
    const { versions } = (await call("aliases.get", { id })).body;
    expect(versions.map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
    expect((await call("models.remove", { name: "words" })).body.error.code).toBe("in-use");
    expect((await call("aliases.remove", { id, updatedAt: back.body.updatedAt })).status).toBe(200);
    const recorded = await everythingRecorded();
    for (const act of ["create", "move", "rollback", "remove"]) expect(recorded).toContain(`aliases.${act}`);
  });

  it.each([
    [{ plan: plan(90) }, /sum to 100/],
    [{ plan: { split: [...plan(50).split, ...plan(50).split], failover: [] } }, /twice/],
    [{ plan: { split: [], failover: [] } }, /points to something/],
    [{ name: "<script>" }, /A name begins/],
    [{ name: "words" }, /name of a model/],
  ])("is refused with %j", async (wrong, sentence) => {
    const { body, status } = await call("aliases.create", { name: "wrong", plan: plan(), ...wrong });
    expect([400, 409]).toContain(status);
    expect(JSON.stringify(body.error)).toMatch(sentence);
    expect((await call("aliases.list")).body.aliases).toEqual([]);
  });
});

describe("a deployment", () => {
  it("is configured, loaded with its settings, restarted and unloaded", async () => {
    const only = async () => (await call("deployments.list")).body.deployments[0];
    expect(await only()).toMatchObject({ model: "words", state: "idle", updatedAt: null, needsRestart: false });
    expect((await call("deployments.load", { model: "words" })).status).toBe(200);
    await until(async () => (await only()).state === "ready");
    const change = { model: "words", contextLength: 256, maxInFlight: 3, updatedAt: null };
    const after = await call("deployments.configure", change);
    expect(after.body).toMatchObject({ settings: { contextLength: 256, pinned: false }, needsRestart: true });
    expect((await call("deployments.configure", change)).status).toBe(409);
    expect((await call("deployments.restart", { model: "words" })).status).toBe(200);
    await until(async () => (await only()).state === "ready");
    expect((await only()).needsRestart).toBe(false);
    expect(fixture.pool.statuses()[0]?.applied).toMatchObject({ contextLength: 256, maxInFlight: 3 });
    await call("deployments.unload", { model: "words" });
    expect((await only()).state).toBe("idle");
    const recorded = await everythingRecorded();
    for (const act of ["configure", "load", "restart", "unload"]) expect(recorded).toContain(`deployments.${act}`);
  });

  it("is unloaded when it idles as long as its settings say, unless it is pinned", async () => {
    const seen = (await call("deployments.list")).body.deployments[0].updatedAt;
    const idle = await call("deployments.configure", { model: "words", idleMinutes: 5, pinned: true, updatedAt: seen });
    await call("deployments.load", { model: "words" });
    await until(() => fixture.pool.statuses()[0]?.state === "ready");
    await fixture.pool.unloadIdle(performance.now() + 3_600_000);
    expect(fixture.pool.statuses()).toHaveLength(1);
    await call("deployments.configure", { model: "words", pinned: false, updatedAt: idle.body.updatedAt });
    await fixture.pool.unloadIdle(performance.now() + 4 * 60_000);
    expect(fixture.pool.statuses()).toHaveLength(1);
    await fixture.pool.unloadIdle(performance.now() + 3_600_000);
    expect(fixture.pool.statuses()).toHaveLength(0);
  });
});
