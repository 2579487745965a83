import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connection.ts";
import { type Database, openDatabase } from "./open.ts";
import type { OrganizationScope } from "./organization.ts";
import type { AliasPlan } from "./targets.ts";
import { temporaryHome } from "./testing/home.ts";
import type { UpstreamSettings } from "./upstreams.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: Database;
let mine: OrganizationScope;
let theirs: OrganizationScope;

const settings: UpstreamSettings = {
  name: "there",
  baseUrl: "https://api.example/v1",
  secretHeader: "authorization",
  headers: { "x-team": "a" },
  connectTimeoutMs: 1000,
  firstByteTimeoutMs: 1000,
  idleTimeoutMs: 1000,
  totalTimeoutMs: 1000,
  enabled: true,
  extraModels: [],
};
const model = (name: string) => ({
  name,
  sourcePath: `/models/${name}.gguf`,
  architecture: "llama",
  parameters: 1,
  contextLength: 512,
  quantisation: "f32",
  licence: null,
  bytes: 1,
  files: [],
});
const to = (name: string): AliasPlan => ({
  split: [{ target: { kind: "model", model: name }, share: 100 }],
  failover: [],
});
const by = (plan: AliasPlan) => ({ plan, createdBy: "system" });

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home: home.path });
  mine = database.organization(database.home.organizationId);
  const client = await connect({ connectionString: database.url });
  const { rows } = await client.query(
    "INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'Other', 'other') RETURNING id",
  );
  await client.end();
  theirs = database.organization(rows[0].id);
  for (const name of ["small", "large"]) await mine.models.upsert(model(name));
});
afterAll(async () => {
  await database.close();
  await home.remove();
});

describe("aliases", () => {
  test("are moved and rolled back, and nothing of their history is lost", async () => {
    const made = await mine.aliases.create("support", by(to("small")));
    const moved = await mine.aliases.move(made.id, { ...by(to("large")), note: "better" }, made.updatedAt);
    await expect(mine.aliases.move(made.id, by(to("small")), made.updatedAt)).rejects.toMatchObject({
      code: "conflict",
    });
    const back = await mine.aliases.rollback(made.id, 1, "system", moved.updatedAt);
    expect(back.current).toMatchObject({ number: 3, restores: 1, ...to("small") });
    const { versions } = await mine.aliases.get(made.id);
    expect(versions.map(({ number, note }) => [number, note])).toEqual([
      [3, ""],
      [2, "better"],
      [1, ""],
    ]);
    await expect(mine.aliases.rollback(made.id, 9, "system", back.updatedAt)).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("have a history that the database refuses to change", async () => {
    const { id } = await mine.aliases.create("kept", by(to("small")));
    const client = await connect({ connectionString: database.url });
    await expect(client.query("UPDATE alias_version SET note = 'x' WHERE alias_id = $1", [id])).rejects.toThrow(
      /append-only/,
    );
    await expect(client.query("DELETE FROM alias_version WHERE alias_id = $1", [id])).rejects.toThrow(/append-only/);
    await client.end();
    await mine.aliases.remove(id, (await mine.aliases.get(id)).updatedAt);
    await expect(mine.aliases.get(id)).rejects.toMatchObject({ code: "not-found" });
  });

  test("share no name with each other or with a model, and point only to what is there", async () => {
    await expect(mine.aliases.create("small", by(to("small")))).rejects.toMatchObject({ code: "exists" });
    await expect(mine.aliases.create("support", by(to("small")))).rejects.toMatchObject({ code: "exists" });
    await expect(mine.models.upsert(model("support"))).rejects.toMatchObject({ code: "exists" });
    await expect(mine.aliases.create("lost", by(to("gone")))).rejects.toMatchObject({ code: "not-found" });
    await expect(theirs.aliases.create("lost", by(to("small")))).rejects.toMatchObject({ code: "not-found" });
    await expect(mine.models.remove("small")).rejects.toMatchObject({ code: "in-use" });
  });

  test("of another organization are not found", async () => {
    const [alias] = await mine.aliases.list();
    if (alias === undefined) throw new Error("no alias");
    expect(await theirs.aliases.list()).toEqual([]);
    await expect(theirs.aliases.get(alias.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(theirs.aliases.move(alias.id, by(to("large")), alias.updatedAt)).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(theirs.aliases.remove(alias.id, alias.updatedAt)).rejects.toMatchObject({ code: "not-found" });
  });

  test("of two moves at once keep one", async () => {
    const alias = await mine.aliases.create("contested", by(to("small")));
    const both = await Promise.allSettled(
      ["small", "large"].map((name) => mine.aliases.move(alias.id, by(to(name)), alias.updatedAt)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect((await mine.aliases.get(alias.id)).versions).toHaveLength(2);
  });
});

describe("upstreams", () => {
  test("keep a secret apart from what is shown, and a test is no change", async () => {
    const made = await mine.upstreams.create(settings, (id) => ({
      sealed: Buffer.from(`sealed for ${id}`),
      keyId: "k",
    }));
    expect(made).toMatchObject({ hasSecret: true, models: [], testedAt: null });
    expect(JSON.stringify(made)).not.toContain("sealed");
    expect(Buffer.from((await mine.upstreams.secret(made.id))?.sealed ?? []).toString()).toBe(`sealed for ${made.id}`);
    const tested = await mine.upstreams.recordTest(made.id, { ok: true, message: "Fine.", models: ["a", "b"] });
    expect(tested).toMatchObject({ models: ["a", "b"], testOk: true, updatedAt: made.updatedAt });
    expect((await mine.upstreams.recordTest(made.id, { ok: false, message: "Down." })).models).toEqual(["a", "b"]);
    const open = await mine.upstreams.update(made.id, { enabled: false }, null, made.updatedAt);
    expect(open).toMatchObject({ hasSecret: false, enabled: false, headers: { "x-team": "a" } });
    await expect(mine.upstreams.update(made.id, { enabled: true }, undefined, made.updatedAt)).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(mine.upstreams.create(settings, undefined)).rejects.toMatchObject({ code: "exists" });
  });

  test("stay while an alias points to them, and are another organization's never", async () => {
    const [upstream] = await mine.upstreams.list();
    if (upstream === undefined) throw new Error("no upstream");
    const target = { kind: "upstream", upstreamId: upstream.id, model: "a" } as const;
    const plan: AliasPlan = { split: to("small").split, failover: [target] };
    await expect(
      theirs.aliases.create("away", by({ split: [{ target, share: 100 }], failover: [] })),
    ).rejects.toMatchObject({ code: "not-found" });
    const alias = await mine.aliases.create("away", by(plan));
    await expect(mine.upstreams.remove(upstream.id, upstream.updatedAt)).rejects.toMatchObject({ code: "in-use" });
    await expect(theirs.upstreams.secret(upstream.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(theirs.upstreams.remove(upstream.id, upstream.updatedAt)).rejects.toMatchObject({ code: "not-found" });
    await mine.aliases.remove(alias.id, alias.updatedAt);
    await mine.upstreams.remove(upstream.id, upstream.updatedAt);
    expect(await mine.upstreams.list()).toEqual([]);
  });
});

describe("deployments", () => {
  test("are configured against the version that was seen", async () => {
    const before = await mine.deployments.get("large");
    expect(before).toMatchObject({ contextLength: null, pinned: false, updatedAt: null });
    const { model: _, updatedAt, ...rest } = before;
    const after = await mine.deployments.configure(
      "large",
      { ...rest, contextLength: 256, kvCacheBytes: 2 ** 33 },
      updatedAt,
    );
    expect(after).toMatchObject({ contextLength: 256, kvCacheBytes: 2 ** 33 });
    await expect(mine.deployments.configure("large", rest, null)).rejects.toMatchObject({ code: "conflict" });
    await mine.deployments.configure("large", rest, after.updatedAt);
    await expect(theirs.deployments.configure("large", rest, null)).rejects.toMatchObject({ code: "not-found" });
  });
});

test("each change is told with the organization it belongs to", async () => {
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    database.watchRoutes({ onChange: (id) => heard.push(id), onListening: (on) => on && resolve() });
  });
  const alias = await mine.aliases.create("told", by(to("small")));
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  const before = heard.length;
  await mine.aliases.move(alias.id, by(to("large")), alias.updatedAt);
  await expect.poll(() => heard.length).toBeGreaterThan(before);
  expect(new Set(heard)).toEqual(new Set([mine.id]));
});
