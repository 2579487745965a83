import { afterAll, beforeAll, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../../testing/management.ts";

let fixture: ManagementFixture;
let owner: Person;

beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Owner", fixture.scope, "owner");
}, 60_000);
afterAll(() => fixture.close());

const me = async (who: Person) => (await fixture.call(who, "session.me", undefined, "GET")).body;

it("an admin founds another organization, works in it, and can go back", async () => {
  const admin = await fixture.enter("Founder", fixture.scope, "admin");
  const made = await fixture.call(admin, "organization.create", { name: "Häfen & Co" });
  expect(made).toMatchObject({ status: 200, body: { name: "Häfen & Co", slug: "hafen-co" } });
  expect(await me(admin)).toMatchObject({ organization: { id: made.body.id }, role: "owner" });
  const { projects } = (await fixture.call(admin, "projects.list", undefined, "GET")).body;
  expect(projects).toHaveLength(1);
  const acts = (await fixture.call(admin, "audit.list", undefined, "GET")).body.records;
  expect(acts).toMatchObject([{ action: "organization.create", actorName: "Founder" }]);
  // Two of one name are told apart by their short names.
  expect((await fixture.call(admin, "organization.create", { name: "Hafen Co" })).body.slug).toBe("hafen-co-2");
  await fixture.call(admin, "session.switch", { organizationId: fixture.scope.id });
  expect(await me(admin)).toMatchObject({ organization: { id: fixture.scope.id }, role: "admin" });
});

it("somebody who leaves is no member any more; the last owner stays", async () => {
  const viewer = await fixture.enter("Leaver", fixture.scope, "viewer");
  expect((await fixture.call(viewer, "organization.leave", { id: fixture.scope.id })).status).toBe(200);
  expect(await me(viewer)).toMatchObject({ organization: null, permissions: [] });
  const refused = await fixture.call(owner, "organization.leave", { id: fixture.scope.id });
  expect(refused).toMatchObject({ status: 412, body: { error: { code: "last-one" } } });
  const [entry] = await fixture.scope.audit.list({ action: "organization.leave" });
  expect(entry).toMatchObject({ actor: viewer.userId, before: { role: "viewer" } });
});

it("a project that was put away comes back with its keys", async () => {
  const { body: project } = await fixture.call(owner, "projects.create", { name: "Seasonal" });
  const { body: key } = await fixture.call(owner, "keys.create", { name: "Its key", projectId: project.id });
  const models = async () => {
    const headers = { authorization: `Bearer ${key.secret}` };
    return (await fixture.app.request("/v1/models", { headers })).status;
  };
  const { body: away } = await fixture.call(owner, "projects.archive", project);
  await expect.poll(models, { timeout: 2000 }).toBe(401);
  const stale = await fixture.call(owner, "projects.unarchive", project);
  expect([stale.status, stale.body.error.code]).toEqual([409, "conflict"]);
  expect((await fixture.call(owner, "projects.unarchive", away)).body.archivedAt).toBeNull();
  await expect.poll(models, { timeout: 2000 }).toBe(200);
});

it("lists one's sessions without their tokens, and ends one or all others", async () => {
  const person = await fixture.enter("Traveller", fixture.scope, "viewer");
  const elsewhere = { ...person, headers: await fixture.signedIn(person.userId) };
  const third = { ...person, headers: await fixture.signedIn(person.userId) };
  const list = async () => (await fixture.call(person, "session.list", undefined, "GET")).body.sessions;
  const sessions = await list();
  expect(sessions.map((one: { current: boolean }) => one.current)).toEqual([false, false, true]);
  expect(JSON.stringify(sessions)).not.toContain("token");
  expect((await fixture.call(owner, "session.end", { id: sessions[0].id })).status).toBe(404);
  expect((await fixture.call(person, "session.end", { id: sessions[0].id })).status).toBe(200);
  expect((await fixture.call(third, "session.me", undefined, "GET")).status).toBe(401);
  expect((await fixture.call(person, "session.endOthers")).body).toEqual({ ended: 1 });
  expect((await fixture.call(elsewhere, "session.me", undefined, "GET")).status).toBe(401);
  expect(await list()).toHaveLength(1);
  const acts = await fixture.scope.audit.list({ subject: person.userId });
  expect(acts.map(({ action }) => action)).toEqual(["users.end-sessions", "users.end-session"]);
});

it("remembers how far somebody came in the tour, for them alone", async () => {
  const read = async (who: Person) => (await fixture.call(who, "session.preferences", undefined, "GET")).body;
  expect(await read(owner)).toEqual({ tour: null });
  expect((await fixture.call(owner, "session.prefer", { tour: { step: "ask", state: "later" } })).status).toBe(200);
  expect(await read(owner)).toEqual({ tour: { step: "ask", state: "later" } });
  const other = await fixture.enter("Other", fixture.scope, "viewer");
  expect(await read(other)).toEqual({ tour: null });
  expect((await fixture.call(owner, "session.prefer", { tour: { step: "nowhere", state: "later" } })).status).toBe(400);
});
