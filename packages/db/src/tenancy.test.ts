import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connection.ts";
import { hashKey } from "./keys.ts";
import { type Database, openDatabase } from "./open.ts";
import type { OrganizationScope } from "./organization.ts";
import { freeSlug } from "./projects.ts";
import { temporaryHome } from "./testing/home.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: Database;
let mine: OrganizationScope;
let theirs: OrganizationScope;
const users: Record<string, string> = {};

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home: home.path });
  mine = database.organization(database.home.organizationId);
  const client = await connect({ connectionString: database.url });
  const { rows } = await client.query(
    "INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'Other', 'other') RETURNING id",
  );
  theirs = database.organization(rows[0].id);
  for (const name of ["Ada", "Ben", "Eve"]) {
    const made = await client.query(
      "INSERT INTO \"user\" (id, name, email) VALUES (gen_random_uuid(), $1, lower($1) || '@x.example') RETURNING id",
      [name],
    );
    users[name] = made.rows[0].id;
  }
  await client.end();
  await mine.members.add(users.Ada ?? "", "owner");
  await theirs.members.add(users.Eve ?? "", "owner");
});
afterAll(async () => {
  await database.close();
  await home.remove();
});

describe("members", () => {
  test("an organization keeps an owner, whatever is tried at once", async () => {
    const ben = await mine.members.add(users.Ben ?? "", "owner");
    const ada = await mine.members.get(users.Ada ?? "");
    const attempts = await Promise.allSettled([
      mine.members.changeRole(ben.userId, "viewer", ben.updatedAt),
      mine.members.changeRole(ada.userId, "admin", ada.updatedAt),
      mine.members.remove(ada.userId),
      mine.members.remove(ben.userId),
    ]);
    expect(attempts.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    expect((await mine.members.list()).filter(({ role }) => role === "owner")).toHaveLength(1);
    const [owner] = (await mine.members.list()).filter(({ role }) => role === "owner");
    await expect(mine.members.remove(owner?.userId ?? "")).rejects.toMatchObject({ code: "last-one" });
  });

  test("the second of two changes is told", async () => {
    const member = await mine.members.add(users.Eve ?? "", "viewer");
    await mine.members.changeRole(member.userId, "expert", member.updatedAt);
    await expect(mine.members.changeRole(member.userId, "admin", member.updatedAt)).rejects.toMatchObject({
      code: "conflict",
    });
    await mine.members.remove(member.userId);
  });

  test("of another organization are not found", async () => {
    const [stranger] = (await mine.members.list()).map(({ userId }) => userId);
    await expect(theirs.members.remove(stranger ?? "")).rejects.toMatchObject({ code: "not-found" });
    await expect(theirs.members.changeRole(stranger ?? "", "viewer", new Date())).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("are invited by a link that is stored as a hash, works until it is renewed or withdrawn", async () => {
    const invite = { email: "new@x.example", role: "viewer", invitedBy: "system" } as const;
    const later = new Date(Date.now() + 60_000);
    const first = await mine.members.invitations.create({ ...invite, expiresAt: later });
    const second = await mine.members.invitations.create({ ...invite, role: "expert", expiresAt: later });
    expect(await database.people.invitation(first.token)).toBeNull();
    expect(await database.people.invitation(second.token)).toMatchObject({ role: "expert", organizationId: mine.id });
    expect(await mine.members.invitations.list()).toHaveLength(1);
    expect(await theirs.members.invitations.list()).toEqual([]);
    await expect(theirs.members.invitations.withdraw(second.invitation.id)).rejects.toMatchObject({
      code: "not-found",
    });
    await mine.members.invitations.withdraw(second.invitation.id);
    expect(await database.people.invitation(second.token)).toBeNull();
    const old = await mine.members.invitations.create({ ...invite, expiresAt: new Date(Date.now() - 1) });
    expect(await database.people.invitation(old.token)).toBeNull();
    const [member] = await mine.members.list();
    await expect(
      mine.members.invitations.create({ ...invite, email: member?.email ?? "", expiresAt: later }),
    ).rejects.toMatchObject({ code: "exists" });
  });
});

describe("projects", () => {
  test("are renamed and put away, all but the last", async () => {
    const project = await mine.projects.create("Café № 1");
    expect(project.slug).toBe("cafe-no-1");
    expect((await mine.projects.create("Cafe no 1")).slug).toBe("cafe-no-1-2");
    const renamed = await mine.projects.rename(project.id, "Tea", project.updatedAt);
    await expect(mine.projects.archive(project.id, project.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    await mine.projects.archive(project.id, renamed.updatedAt);
    expect((await mine.projects.list()).map(({ id }) => id)).not.toContain(project.id);
    expect((await mine.projects.list({ archived: true })).map(({ id }) => id)).toContain(project.id);
    const only = await theirs.projects.create("Only");
    await expect(theirs.projects.archive(only.id, only.updatedAt)).rejects.toMatchObject({ code: "last-one" });
    await expect(theirs.projects.get(project.id)).rejects.toMatchObject({ code: "not-found" });
  });

  test("get an address from any name", () => {
    expect(freeSlug("日本", new Set())).toBe("project");
    expect(freeSlug("  A  b!", new Set(["a-b"]))).toBe("a-b-2");
  });
});

describe("keys", () => {
  test("are changed against the version that was seen; use is no change", async () => {
    const { key } = await mine.keys.create({ projectId: database.home.projectId, name: "k", requestsPerMinute: 5 });
    await database.keys.touch([key.id], new Date());
    const changed = await mine.keys.update(key.id, { models: ["a"], requestsPerMinute: null }, key.updatedAt);
    expect(changed).toMatchObject({ models: ["a"], requestsPerMinute: null, name: "k" });
    await expect(mine.keys.update(key.id, { name: "x" }, key.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    await expect(theirs.keys.update(key.id, { name: "x" }, changed.updatedAt)).rejects.toMatchObject({
      code: "not-found",
    });
    const both = await Promise.allSettled(
      ["a", "b"].map((name) => mine.keys.update(key.id, { name }, changed.updatedAt)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("of an archived project are refused, and every change is told to those who watch", async () => {
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      database.keys.watch({ onChange: (hash) => heard.push(hash), onListening: (on) => on && resolve() });
    });
    const project = await mine.projects.create("Short-lived");
    const { key, secret } = await mine.keys.create({ projectId: project.id, name: "k" });
    const hash = Buffer.from(hashKey(secret)).toString("hex");
    await database.keys.touch([key.id], new Date());
    await mine.keys.revoke(key.id);
    await expect.poll(() => heard).toEqual([hash]);
    const other = await mine.keys.create({ projectId: project.id, name: "k" });
    await mine.projects.archive(project.id, project.updatedAt);
    await expect.poll(() => heard).toEqual([hash, "*"]);
    expect(await database.keys.verify(hashKey(other.secret))).toBeNull();
  });

  test("are watched again after the connection broke", async () => {
    const states: boolean[] = [];
    database.keys.watch({ onChange: () => {}, onListening: (on) => states.push(on) });
    await expect.poll(() => states).toEqual([true]);
    const client = await connect({ connectionString: database.url });
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'");
    await client.end();
    await expect.poll(() => states, { timeout: 10_000 }).toEqual([true, false, true]);
  });
});

test("a transaction that throws leaves nothing, the audit entry neither", async () => {
  const before = await mine.info();
  const failing = mine.transaction(async (scope) => {
    await scope.rename("Half", before.updatedAt);
    await scope.audit.append({ actor: "system", action: "organization.rename", subject: mine.id });
    throw new Error("power cut");
  });
  await expect(failing).rejects.toThrow("power cut");
  expect(await mine.info()).toEqual(before);
  expect(await mine.audit.list({ action: "organization." })).toEqual([]);
});

test("responses are an organization's own, and are gone when they expire", async () => {
  const response = (id: string, ms: number) => ({
    id,
    body: '{"text":"\\u0000"}',
    items: "[]",
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + ms),
  });
  await mine.responses.keep(response("resp_1", 60_000));
  expect(await mine.responses.find("resp_1")).toMatchObject({ id: "resp_1", items: "[]" });
  expect(await theirs.responses.find("resp_1")).toBeNull();
  expect(await theirs.responses.remove("resp_1")).toBe(false);
  await mine.responses.keep(response("resp_2", -1));
  expect(await mine.responses.find("resp_2")).toBeNull();
  expect(await mine.responses.remove("resp_1")).toBe(true);
});
