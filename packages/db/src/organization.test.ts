import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "./connection.ts";
import { hashKey } from "./keys.ts";
import type { NewModel } from "./models.ts";
import { type Database, openDatabase } from "./open.ts";
import type { OrganizationScope } from "./organization.ts";
import { temporaryHome } from "./testing/home.ts";

const model: NewModel = {
  name: "tug-small",
  sourcePath: "/models/tug-small.gguf",
  architecture: "llama",
  parameters: 15_700_000,
  contextLength: 1024,
  quantisation: "q8_0",
  licence: "Apache-2.0",
  bytes: 17_000_000,
  files: [{ path: "", bytes: 17_000_000, sha256: "a".repeat(64) }],
};
const speed = { device: "cpu", decodeTokensPerSecond: 400, prefillTokensPerSecond: 3000, measuredAt: new Date(1_000) };

describe("one organization's data", () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let database: Database;
  let mine: OrganizationScope;
  let theirs: OrganizationScope;
  let theirProject: string;

  beforeAll(async () => {
    // A folder others may enter, where the server needs no extra right; the other tests use closed ones.
    home = await temporaryHome(0o711);
    database = await openDatabase({ home: home.path });
    mine = database.organization(database.home.organizationId);
    const client = await connect({ connectionString: database.url });
    const { rows } = await client.query(`
      WITH o AS (INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'Other', 'other') RETURNING id)
      INSERT INTO project (id, organization_id, name, slug)
      SELECT gen_random_uuid(), o.id, 'Other', 'other' FROM o RETURNING id, organization_id`);
    await client.end();
    theirs = database.organization(rows[0].organization_id);
    theirProject = rows[0].id;
  });
  afterAll(async () => {
    await database.close();
    await home.remove();
  });

  const newKey = (more: { expiresAt?: Date; scopes?: string[] } = {}) =>
    mine.keys.create({ projectId: database.home.projectId, name: "test", ...more });

  describe("keys", () => {
    test("are told once, stored as a hash, and verified by it", async () => {
      const { secret, key } = await newKey({ scopes: ["models:read"] });
      expect(secret).toMatch(/^tug_[\w-]{43}$/);
      expect(secret.startsWith(key.prefix)).toBe(true);
      expect(await database.keys.verify(hashKey(secret))).toMatchObject({
        id: key.id,
        organizationId: mine.id,
        projectId: database.home.projectId,
        scopes: ["models:read"],
      });
      const client = await connect({ connectionString: database.url });
      const { rows } = await client.query("SELECT api_key::text AS text FROM api_key");
      await client.end();
      expect(JSON.stringify(rows)).not.toContain(secret.slice(key.prefix.length));
    });

    test("are refused when unknown, expired or revoked", async () => {
      expect(await database.keys.verify(hashKey("tug_nobody"))).toBeNull();
      const expired = await newKey({ expiresAt: new Date(Date.now() - 1) });
      expect(await database.keys.verify(hashKey(expired.secret))).toBeNull();
      const revoked = await newKey();
      const first = await mine.keys.revoke(revoked.key.id);
      expect(first.revokedAt).toBeInstanceOf(Date);
      expect(await mine.keys.revoke(revoked.key.id)).toEqual(first);
      expect(await database.keys.verify(hashKey(revoked.secret))).toBeNull();
    });

    test("remember when they were last used, and never an earlier time", async () => {
      const { key } = await newKey();
      await database.keys.touch([key.id], new Date(2_000));
      await database.keys.touch([key.id], new Date(1_000));
      const listed = (await mine.keys.list()).find(({ id }) => id === key.id);
      expect(listed?.lastUsedAt).toEqual(new Date(2_000));
    });

    test("are out of another organization's reach", async () => {
      const { secret, key } = await newKey();
      expect(await theirs.keys.list()).toEqual([]);
      await expect(theirs.keys.revoke(key.id)).rejects.toMatchObject({ code: "not-found" });
      expect(await database.keys.verify(hashKey(secret))).not.toBeNull();
      await expect(mine.keys.create({ projectId: theirProject, name: "x" })).rejects.toMatchObject({
        code: "not-found",
      });
      await expect(mine.keys.revoke("not-an-id")).rejects.toMatchObject({ code: "not-found" });
    });
  });

  describe("models", () => {
    test("are kept with their files and speeds; the speeds go when the files change", async () => {
      const added = await mine.models.upsert(model);
      expect(added).toMatchObject({ ...model, speeds: [] });
      await mine.models.recordSpeed(model.name, speed);
      const renamed = await mine.models.upsert({ ...model, licence: "MIT" });
      expect(renamed).toMatchObject({ id: added.id, licence: "MIT", speeds: [speed] });
      const swapped = await mine.models.upsert({
        ...model,
        files: [{ path: "", bytes: 17_000_000, sha256: "b".repeat(64) }],
      });
      expect(swapped.speeds).toEqual([]);
      expect(await mine.models.list()).toEqual([swapped]);
      expect(await mine.models.get(model.name)).toEqual(swapped);
    });

    test("count beyond 2^31 and refuse what no database could hold", async () => {
      const huge = { ...model, name: "huge", parameters: 671_000_000_000, bytes: 700_000_000_000 };
      expect(await mine.models.upsert(huge)).toMatchObject({ parameters: huge.parameters, bytes: huge.bytes });
      await mine.models.remove("huge");
      await expect(mine.models.upsert({ ...model, bytes: 1.5 })).rejects.toThrow();
    });

    test("of one name live side by side in two organizations", async () => {
      await mine.models.upsert(model);
      expect(await theirs.models.get(model.name)).toBeNull();
      await expect(theirs.models.remove(model.name)).rejects.toMatchObject({ code: "not-found" });
      await expect(theirs.models.recordSpeed(model.name, speed)).rejects.toMatchObject({ code: "not-found" });
      await theirs.models.upsert({ ...model, licence: "theirs" });
      expect(await mine.models.get(model.name)).toMatchObject({ licence: model.licence });
      await mine.models.remove(model.name);
      expect(await mine.models.get(model.name)).toBeNull();
      expect(await theirs.models.get(model.name)).toMatchObject({ licence: "theirs" });
    });
  });

  test("settings are parsed when they are read, and one organization's own", async () => {
    const schema = z.object({ model: z.string() });
    expect(await mine.settings.get("default", schema)).toBeUndefined();
    await mine.settings.set("default", { model: "a" });
    await mine.settings.set("default", { model: "b" });
    expect(await mine.settings.get("default", schema)).toEqual({ model: "b" });
    expect(await theirs.settings.get("default", schema)).toBeUndefined();
    await expect(mine.settings.get("default", z.number())).rejects.toThrow();
    await mine.settings.remove("default");
    expect(await mine.settings.get("default", schema)).toBeUndefined();
  });

  test("the audit log pages from the newest, and the database refuses to change it", async () => {
    for (const subject of ["1", "2", "3"]) {
      await mine.audit.append({ actor: "system", action: "keys.create", subject, after: { subject } });
    }
    const [third, second] = await mine.audit.list({ limit: 2 });
    expect([third?.subject, second?.subject]).toEqual(["3", "2"]);
    expect(await mine.audit.list({ before: second?.id ?? "" })).toMatchObject([
      { subject: "1", after: { subject: "1" } },
    ]);
    expect(await theirs.audit.list()).toEqual([]);
    const client = await connect({ connectionString: database.url });
    for (const act of ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]) {
      await expect(client.query(act)).rejects.toThrow("append-only");
    }
    await client.end();
  });
});

describe("a database of one's own", () => {
  test("is opened by its URL, and is left running", async () => {
    const home = await temporaryHome();
    const embedded = await openDatabase({ home: home.path });
    const byUrl = await openDatabase({ home: "/nonexistent", url: embedded.url });
    expect(byUrl).toMatchObject({ embedded: false, migrated: [], home: embedded.home });
    await byUrl.close();
    expect(await embedded.ping()).toBeGreaterThan(0);
    await embedded.close();
    await home.remove();
  });

  test("that does not answer is an error that keeps the password to itself", async () => {
    const url = "postgresql://someone:hush-hush@127.0.0.1:1/db";
    const failure = await openDatabase({ home: "/nonexistent", url }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "unreachable", hint: expect.stringContaining("DATABASE_URL") });
    expect(String(failure)).not.toContain("hush-hush");
  });
});
