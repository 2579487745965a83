import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessionCookie } from "../domain/accounts/auth.ts";
import { ensureOwner, renewPassword } from "../domain/accounts/owner.ts";
import { resetLink } from "../domain/accounts/reset-link.ts";
import { consoleSecret, consoleUrl, type ManagementFixture, startManagement } from "../testing/management.ts";
import { consoleHeader } from "./session.ts";

let fixture: ManagementFixture;
const owner = { email: "owner@tugboat.local", password: "right horse battery" };
/** Each test comes from an address of its own, so that none uses up another's attempts. */
let address = "";
let tests = 0;

beforeAll(async () => {
  fixture = await startManagement();
  await ensureOwner(fixture.auth, fixture.database, owner);
}, 60_000);
afterAll(() => fixture.close());
beforeEach(() => {
  address = `10.0.0.${++tests}`;
});

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fixture.app.request(
    path,
    {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        [consoleHeader]: consoleSecret,
        "x-forwarded-for": address,
        ...headers,
      },
    },
    // What the server hands over of the connection: the console runs on this machine.
    { incoming: { socket: { remoteAddress: "127.0.0.1" } } },
  );
  const set = response.headers.get("set-cookie") ?? "";
  const [, value] = new RegExp(`^${sessionCookie}=([^;]+)`).exec(set) ?? [];
  return { status: response.status, body: await response.json(), set, cookie: { cookie: `${sessionCookie}=${value}` } };
}
const me = (cookie: { cookie: string }) =>
  fixture.call({ headers: { ...cookie, [consoleHeader]: "1" } }, "session.me", undefined, "GET");

describe("the first account", () => {
  it("signs in with the password of the first run, and owns the organization", async () => {
    const entered = await post("/api/auth/sign-in/email", owner);
    expect(entered.status).toBe(200);
    expect(entered.set).toMatch(/HttpOnly/i);
    expect(entered.set).toMatch(/SameSite=Strict/i);
    expect(await me(entered.cookie)).toMatchObject({
      status: 200,
      body: { user: { email: owner.email }, role: "owner", organization: { id: fixture.scope.id } },
    });
  });

  it("is made once: another start changes nothing", async () => {
    const before = await fixture.scope.members.list();
    await ensureOwner(fixture.auth, fixture.database, { ...owner, password: "another password" });
    expect(await fixture.scope.members.list()).toEqual(before);
    expect((await post("/api/auth/sign-in/email", owner)).status).toBe(200);
  });

  it("takes the password of a first-run.json that was made anew", async () => {
    await renewPassword(fixture.auth, { ...owner, password: "a renewed password" });
    expect((await post("/api/auth/sign-in/email", owner)).status).toBe(401);
    await renewPassword(fixture.auth, owner);
    expect((await post("/api/auth/sign-in/email", owner)).status).toBe(200);
    await renewPassword(fixture.auth, { email: "nobody@x.example", password: "whatever it is" });
  });

  it("is refused with a wrong password, and nobody after ten tries a minute", async () => {
    const wrong = { ...owner, password: "wrong horse battery" };
    for (let i = 0; i < 10; i++) expect((await post("/api/auth/sign-in/email", wrong)).status).toBe(401);
    expect((await post("/api/auth/sign-in/email", owner)).status).toBe(429);
    address = "10.0.1.1";
    expect((await post("/api/auth/sign-in/email", owner)).status).toBe(200);
  });

  it("can't be joined by signing up", async () => {
    const response = await fixture.app.request("/api/auth/sign-up/email", { method: "POST" });
    expect(response.status).toBe(404);
  });
});

describe("a sign-in link", () => {
  async function leave(expiresAt: number, email?: string): Promise<string> {
    const token = randomUUID();
    const name = createHash("sha256").update(token).digest("hex");
    await mkdir(join(fixture.home, "sign-in"), { recursive: true });
    const facts = { expiresAt: new Date(expiresAt).toISOString(), ...(email && { email }) };
    await writeFile(join(fixture.home, "sign-in", `${name}.json`), JSON.stringify(facts));
    return token;
  }

  it.each([owner.email, undefined])("of %s works once, however many try at once", async (email) => {
    const token = await leave(Date.now() + 60_000, email);
    const all = await Promise.all(Array.from({ length: 5 }, () => post("/api/auth/sign-in/link", { token })));
    const [entered, another] = all.filter(({ status }) => status === 200);
    expect(another).toBeUndefined();
    expect((await me(entered?.cookie ?? { cookie: "" })).body.user.email).toBe(owner.email);
    const late = await post("/api/auth/sign-in/link", { token });
    expect([late.status, late.body.code]).toEqual([400, "LINK_UNKNOWN"]);
  });

  it("is refused when it has expired, is unknown, or a path", async () => {
    const token = await leave(Date.now() - 1);
    expect((await post("/api/auth/sign-in/link", { token })).body.code).toBe("LINK_EXPIRED");
    for (const made of ["never-made", "../../first-run"]) {
      expect((await post("/api/auth/sign-in/link", { token: made })).body.code).toBe("LINK_UNKNOWN");
    }
  });
});

it("a password is changed by who knows it, and the other sessions end", async () => {
  const person = await fixture.enter("Changer", fixture.scope, "viewer", "first password");
  const credentials = { email: person.email, password: "first password" };
  const here = await post("/api/auth/sign-in/email", credentials);
  const elsewhere = await post("/api/auth/sign-in/email", credentials);
  const change = { currentPassword: "wrong password", newPassword: "second password", revokeOtherSessions: true };
  expect((await post("/api/auth/change-password", change, here.cookie)).body.code).toBe("INVALID_PASSWORD");
  const short = { ...change, currentPassword: "first password", newPassword: "short" };
  expect((await post("/api/auth/change-password", short, here.cookie)).body.code).toBe("PASSWORD_TOO_SHORT");
  const changed = await post("/api/auth/change-password", { ...short, newPassword: "second password" }, here.cookie);
  expect(changed.status).toBe(200);
  expect((await me(elsewhere.cookie)).status).toBe(401);
  expect((await post("/api/auth/sign-in/email", credentials)).status).toBe(401);
  expect((await post("/api/auth/sign-in/email", { ...credentials, password: "second password" })).status).toBe(200);
});

it("a forgotten password is reset by a link, once, and every session ends", async () => {
  const person = await fixture.enter("Forgetful", fixture.scope, "viewer", "first password");
  const link = await resetLink(fixture.auth, consoleUrl, person.email.toUpperCase());
  expect(link).toMatch(/^http:\/\/console\.example\/reset-password\?token=[\w-]{32}$/);
  const token = new URL(link ?? "").searchParams.get("token");
  expect((await post("/api/auth/reset-password", { token, newPassword: "second password" })).status).toBe(200);
  expect((await fixture.call(person, "session.me", undefined, "GET")).status).toBe(401);
  const again = await post("/api/auth/reset-password", { token, newPassword: "third password" });
  expect([again.status, again.body.code]).toEqual([400, "INVALID_TOKEN"]);
  expect((await post("/api/auth/sign-in/email", { email: person.email, password: "second password" })).status).toBe(
    200,
  );
  expect(await resetLink(fixture.auth, consoleUrl, "nobody@x.example")).toBeUndefined();
});

it("signing out everywhere ends every session of one person, and nobody else's", async () => {
  const person = await fixture.enter("Traveller", fixture.scope, "viewer", "first password");
  const other = await fixture.enter("Bystander", fixture.scope, "viewer");
  const credentials = { email: person.email, password: "first password" };
  const here = await post("/api/auth/sign-in/email", credentials);
  const elsewhere = await post("/api/auth/sign-in/email", credentials);
  expect((await post("/api/auth/revoke-sessions", {}, here.cookie)).status).toBe(200);
  for (const { cookie } of [here, elsewhere]) expect((await me(cookie)).status).toBe(401);
  expect((await fixture.call(other, "session.me", undefined, "GET")).status).toBe(200);
  expect((await post("/api/auth/revoke-sessions", {})).status).toBe(401);
});

it("signing out ends the session on the server too", async () => {
  const entered = await post("/api/auth/sign-in/email", owner);
  expect((await post("/api/auth/sign-out", {}, entered.cookie)).status).toBe(200);
  expect((await me(entered.cookie)).status).toBe(401);
});

describe("an invitation", () => {
  const invite = async (email: string, role = "viewer") => {
    const admin = await fixture.enter("Admin", fixture.scope, "admin");
    const { body } = await fixture.call(admin, "members.invite", { email, role });
    return new URL(body.link).searchParams.get("token") ?? "";
  };

  it("makes an account and a member, once", async () => {
    const email = `${randomUUID()}@x.example`;
    const token = await invite(email.toUpperCase(), "expert");
    const read = await fixture.app.request(`/api/auth/invitation?token=${token}`, {
      headers: { [consoleHeader]: "1" },
    });
    expect(await read.json()).toMatchObject({ email, role: "expert", organization: "Home", hasAccount: false });
    const bare = await post("/api/auth/accept-invitation", { token });
    expect([bare.status, bare.body.code]).toEqual([400, "NAME_AND_PASSWORD_NEEDED"]);
    const accept = { token, name: "New", password: "a long password" };
    const joined = await post("/api/auth/accept-invitation", accept);
    expect(joined.body).toEqual({ organizationId: fixture.scope.id, role: "expert" });
    expect(await me(joined.cookie)).toMatchObject({ body: { user: { email, name: "New" }, role: "expert" } });
    expect((await post("/api/auth/accept-invitation", accept)).status).toBe(404);
    expect((await post("/api/auth/sign-in/email", { email, password: accept.password })).status).toBe(200);
    const [entry] = await fixture.scope.audit.list({ action: "members.accept" });
    expect(entry).toMatchObject({ after: { email, role: "expert" }, address });
  });

  it("of somebody with an account is accepted by them alone", async () => {
    const member = await fixture.enter("Member", fixture.scope, "viewer");
    const outsider = await fixture.enter("Outsider", fixture.scope, "viewer");
    await fixture.scope.members.remove(outsider.userId);
    expect((await fixture.call(outsider, "organization.get", undefined, "GET")).body.error.code).toBe(
      "no-organization",
    );
    const token = await invite(outsider.email, "billing");
    for (const headers of [{}, member.headers]) {
      const refused = await post("/api/auth/accept-invitation", { token }, headers);
      expect([refused.status, refused.body.code]).toEqual([401, "SIGN_IN_FIRST"]);
    }
    expect((await post("/api/auth/accept-invitation", { token }, outsider.headers)).status).toBe(200);
    expect((await fixture.call(outsider, "session.me", undefined, "GET")).body.role).toBe("billing");
  });
});
