import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { client, type Identity, type IdentityProvider, startIdentityProvider } from "../testing/identity-provider.ts";
import { consoleSecret, consoleUrl, type ManagementFixture, startManagement } from "../testing/management.ts";
import { consoleHeader } from "./session.ts";

let provider: IdentityProvider;
/** Invitations alone let in; and one where two domains may, one of them without an invitation. */
let open: ManagementFixture;
let confined: ManagementFixture;

beforeAll(async () => {
  provider = await startIdentityProvider(`${consoleUrl}/api/auth/callback/oidc`);
  const settings = { issuer: provider.issuer, clientId: client.id, clientSecret: client.secret, name: "Harbour ID" };
  open = await startManagement({ oidc: { ...settings, domains: new Map() } });
  const domains = new Map([
    ["harbour.example", "expert"],
    ["partner.example", undefined],
  ] as const);
  confined = await startManagement({ oidc: { ...settings, domains } });
}, 120_000);
afterAll(async () => {
  await open?.close();
  await confined?.close();
  await provider?.close();
});

const headers = { "content-type": "application/json", [consoleHeader]: consoleSecret, "x-forwarded-for": "10.4.0.1" };

async function begin(fixture: ManagementFixture, more: object = {}) {
  const body = { provider: "oidc", callbackURL: "/sign-in?entered=1", errorCallbackURL: "/sign-in", ...more };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fixture.app.request("/api/auth/sign-in/social", init);
  const cookie = response.headers
    .getSetCookie()
    .map((set) => set.split(";")[0])
    .join("; ");
  return { status: response.status, body: await response.json(), cookie };
}

/** The provider's answer arrives; `location` is where the browser is led, `session` what it may do then. */
async function arrive(fixture: ManagementFixture, back: URL, cookie: string) {
  const response = await fixture.app.request(`${back.pathname}${back.search}`, { headers: { ...headers, cookie } });
  const session = response.headers.getSetCookie().find((set) => /^tugboat_session=[^;]/.test(set));
  const location = new URL(response.headers.get("location") ?? "/nowhere", consoleUrl);
  return {
    status: response.status,
    location,
    session: session?.split(";")[0],
    error: location.searchParams.get("error"),
  };
}

async function enter(fixture: ManagementFixture, identity: Identity) {
  provider.become(identity);
  const { body, cookie } = await begin(fixture);
  return arrive(fixture, await provider.visit(body.url), cookie);
}

async function me(fixture: ManagementFixture, session: string | undefined) {
  const who = { headers: { [consoleHeader]: "1", cookie: session ?? "" } };
  return (await fixture.call(who, "session.me", undefined, "GET")).body;
}

const invite = (fixture: ManagementFixture, email: string) =>
  fixture.scope.members.invitations.create({
    email,
    role: "developer",
    invitedBy: "system",
    expiresAt: new Date(Date.now() + 60_000),
  });

it("asks with PKCE, state and a nonce", async () => {
  await enter(open, { sub: "1", email: "somebody@x.example", email_verified: true });
  const asked = Object.fromEntries(provider.asked.at(-1) ?? []);
  expect(asked).toMatchObject({ response_type: "code", code_challenge_method: "S256", scope: "openid email profile" });
  expect(asked.state).toMatch(/^[\w-]{32}$/);
  expect(asked.nonce).toMatch(/^[\w-]{20,}$/);
  expect(asked.code_challenge).toMatch(/^[\w-]{43}$/);
});

it("makes a member of who was invited, once, and knows them again", async () => {
  const identity = { sub: "2", email: "Invited@x.example", email_verified: true, name: "In Vited" };
  await invite(open, "invited@x.example");
  const entered = await enter(open, identity);
  expect([entered.status, entered.location.pathname, entered.error]).toEqual([302, "/sign-in", null]);
  expect(await me(open, entered.session)).toMatchObject({
    user: { email: "invited@x.example", name: "In Vited" },
    role: "developer",
  });
  expect(await open.database.people.invitationsOf("invited@x.example")).toEqual([]);
  const again = await enter(open, identity);
  expect((await me(open, again.session)).user.email).toBe("invited@x.example");
  const acts = await open.scope.audit.list({ action: "users.sign-in" });
  expect(acts).toMatchObject([
    { after: { email: "invited@x.example", way: "oidc" }, address: "10.4.0.1" },
    { after: { email: "invited@x.example", way: "oidc" }, address: "10.4.0.1" },
  ]);
});

it("lets somebody in who has an account with a password, in their own name", async () => {
  const person = await open.enter("Both", open.scope, "viewer", "a long password");
  await open.database.accounts.user.update({ where: { id: person.userId }, data: { emailVerified: true } });
  const entered = await enter(open, { sub: "3", email: person.email, email_verified: true });
  expect(await me(open, entered.session)).toMatchObject({ user: { id: person.userId }, role: "viewer" });
});

describe("nobody else gets in", () => {
  it.each([
    ["who was not invited", { sub: "10", email: "stranger@x.example", email_verified: true }, "not_invited"],
    [
      "whose address is not vouched for",
      { sub: "11", email: "liar@x.example", email_verified: false },
      "email_unverified",
    ],
    ["of whose address nothing is said", { sub: "12", email: "quiet@x.example" }, "email_unverified"],
    ["who has no address", { sub: "13" }, "email_not_found"],
  ])("%s", async (_, identity: Identity, error) => {
    if (identity.email && error !== "not_invited") await invite(open, identity.email);
    const entered = await enter(open, identity);
    expect([entered.location.pathname, entered.error, entered.session]).toEqual(["/sign-in", error, undefined]);
    if (identity.email) {
      expect(await open.database.accounts.user.findUnique({ where: { email: identity.email } })).toBeNull();
    }
  });

  it("of a domain that is not listed, not even with an invitation", async () => {
    await invite(confined, "somebody@elsewhere.example");
    const entered = await enter(confined, { sub: "20", email: "somebody@elsewhere.example", email_verified: true });
    expect([entered.error, entered.session]).toEqual(["domain_not_allowed", undefined]);
  });

  it("of a domain without a role, uninvited", async () => {
    const entered = await enter(confined, { sub: "21", email: "somebody@partner.example", email_verified: true });
    expect(entered.error).toBe("not_invited");
  });
});

it("gives everybody of a domain its role, and keeps one that was changed", async () => {
  const identity = { sub: "30", email: "mate@harbour.example", name: "Mate" };
  const entered = await enter(confined, identity);
  const { role, user } = await me(confined, entered.session);
  expect(role).toBe("expert");
  const member = await confined.scope.members.get(user.id);
  await confined.scope.members.changeRole(user.id, "viewer", member.updatedAt);
  expect((await me(confined, (await enter(confined, identity)).session)).role).toBe("viewer");
});

describe("what does not belong together is refused", () => {
  const identity = { sub: "40", email: "victim@harbour.example", email_verified: true };

  it("an answer in another browser than the one that asked", async () => {
    provider.become(identity);
    const mine = await begin(confined);
    const theirs = await begin(confined);
    const back = await provider.visit(mine.body.url);
    for (const cookie of ["", theirs.cookie]) {
      const refused = await arrive(confined, back, cookie);
      expect([refused.session, refused.error]).toEqual([undefined, expect.stringMatching(/^state_/)]);
    }
  });

  it("a state that was made up, an answer that comes twice, a code that was made up", async () => {
    provider.become(identity);
    const { body, cookie } = await begin(confined);
    const back = await provider.visit(body.url);
    const made = new URL(back);
    made.searchParams.set("state", "x".repeat(32));
    expect((await arrive(confined, made, cookie)).session).toBeUndefined();
    const wrongCode = new URL(back);
    wrongCode.searchParams.set("code", "made-up");
    expect(await arrive(confined, wrongCode, cookie)).toMatchObject({ session: undefined, error: "invalid_code" });
    expect((await arrive(confined, back, cookie)).session).toBeUndefined();
  });

  it("an ID token alone, another provider, and a way back to another site", async () => {
    expect((await begin(confined, { idToken: { token: "x.y.z" } })).body.code).toBe("ID_TOKEN_REFUSED");
    expect((await begin(confined, { provider: "github" })).status).toBe(404);
    expect((await begin(confined, { callbackURL: "https://evil.example/" })).status).toBe(403);
  });

  it("and somebody who says no at the provider comes back with its reason", async () => {
    const { body, cookie } = await begin(confined);
    const state = new URL(body.url).searchParams.get("state") ?? "";
    const back = new URL(`${consoleUrl}/api/auth/callback/oidc?error=access_denied&state=${state}`);
    expect(await arrive(confined, back, cookie)).toMatchObject({ session: undefined, error: "access_denied" });
  });
});

it("the sign-in page knows what the provider is called", async () => {
  const response = await open.app.request("/api/auth/ways", { headers });
  expect(await response.json()).toEqual({ mail: false, oidc: { name: "Harbour ID" } });
});
