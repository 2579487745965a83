import { symmetricEncrypt } from "better-auth/crypto";
import { TOTP, URI } from "otpauth";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { consoleSecret, type ManagementFixture, type Person, startManagement } from "../testing/management.ts";
import { consoleHeader } from "./session.ts";

let fixture: ManagementFixture;
let address = "";
let tests = 0;
const password = "a long password";

beforeAll(async () => {
  fixture = await startManagement();
}, 60_000);
afterAll(() => fixture.close());
beforeEach(() => {
  address = `10.1.0.${++tests}`;
});
afterEach(() => vi.useRealTimers());

type Jar = Readonly<Record<string, string>>;

/** Asks as a browser does: with the cookies it has, and keeps those it is given. */
async function post(path: string, body: object, jar: Jar = {}) {
  const response = await fixture.app.request(`/api/auth${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      [consoleHeader]: consoleSecret,
      "x-forwarded-for": address,
      cookie: Object.entries(jar)
        .map(([name, value]) => `${name}=${value}`)
        .join("; "),
    },
  });
  const next: Record<string, string> = { ...jar };
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (value === "") delete next[name];
    else next[name] = value;
  }
  return { status: response.status, body: await response.json(), jar: next };
}
const signIn = ({ email }: Person) => post("/sign-in/email", { email, password });

/** Another implementation of RFC 6238 reads what the QR code holds. */
function appOf(uri: string): TOTP {
  const made = URI.parse(uri);
  if (!(made instanceof TOTP)) throw new Error("not a TOTP");
  return made;
}

async function withTwoFactor(name: string) {
  const person = await fixture.enter(name, fixture.scope, "viewer", password);
  const entered = await signIn(person);
  const begun = await post("/two-factor/enable", { password }, entered.jar);
  const app = appOf(begun.body.totpURI);
  const on = await post("/two-factor/verify-totp", { code: app.generate() }, begun.jar);
  expect(on.status).toBe(200);
  return { person, app, backupCodes: begun.body.backupCodes as string[], jar: on.jar };
}
/** The code after the present one, which switching it on has used up. */
const next = (app: TOTP) => app.generate({ timestamp: Date.now() + 30_000 });
const acts = async (person: Person) =>
  (await fixture.scope.audit.list({ subject: person.userId })).map(({ action }) => action);

describe("codes are those of RFC 6238", () => {
  // Appendix B, SHA-1, the last six of eight digits.
  it.each([
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"],
  ])("at %i s: %s", async (seconds, code) => {
    vi.useFakeTimers({ toFake: ["Date"], now: seconds * 1000 });
    expect(await fixture.auth.api.generateTOTP({ body: { secret: "12345678901234567890" } })).toEqual({ code });
  });

  it("and they sign in", async () => {
    const { person } = await withTwoFactor("Vector");
    const { secretConfig } = await fixture.auth.$context;
    const secret = await symmetricEncrypt({ key: secretConfig, data: "12345678901234567890" });
    await fixture.database.accounts.twoFactor.update({ where: { userId: person.userId }, data: { secret } });
    vi.useFakeTimers({ toFake: ["Date"], now: 2_000_000_000_000 });
    const half = await signIn(person);
    expect((await post("/two-factor/verify-totp", { code: "279038" }, half.jar)).status).toBe(401);
    expect((await post("/two-factor/verify-totp", { code: "279037" }, half.jar)).status).toBe(200);
  });
});

it("needs the password to begin, and a right code to be on", async () => {
  const person = await fixture.enter("Beginner", fixture.scope, "viewer", password);
  const entered = await signIn(person);
  const wrong = await post("/two-factor/enable", { password: "wrong password" }, entered.jar);
  expect([wrong.status, wrong.body.code]).toEqual([400, "INVALID_PASSWORD"]);
  const begun = await post("/two-factor/enable", { password }, entered.jar);
  expect(begun.body.backupCodes).toHaveLength(10);
  const app = appOf(begun.body.totpURI);
  expect(app).toMatchObject({ issuer: "Tugboat", label: person.email, digits: 6, period: 30, algorithm: "SHA1" });
  // Not on yet: somebody whose app could not read the code is not locked out.
  expect((await signIn(person)).body.twoFactorRedirect).toBeUndefined();
  expect((await post("/two-factor/verify-totp", { code: "000000" }, begun.jar)).status).toBe(401);
  expect((await post("/two-factor/verify-totp", { code: app.generate() }, begun.jar)).status).toBe(200);
  expect(await acts(person)).toEqual(["users.two-factor-on", "users.sign-in", "users.sign-in"]);
});

it("asks for a code at sign-in; the password alone opens nothing", async () => {
  const { person, app } = await withTwoFactor("Careful");
  const half = await signIn(person);
  expect(half).toMatchObject({ status: 200, body: { twoFactorRedirect: true, twoFactorMethods: ["totp"] } });
  expect(half.jar).not.toHaveProperty("tugboat_session");
  const code = next(app);
  const wrong = await post("/two-factor/verify-totp", { code: "123" }, half.jar);
  expect([wrong.status, wrong.body.code]).toEqual([401, "INVALID_CODE"]);
  const whole = await post("/two-factor/verify-totp", { code }, half.jar);
  expect(whole.jar).toHaveProperty("tugboat_session");
  const cookie = { cookie: `tugboat_session=${whole.jar.tugboat_session}`, [consoleHeader]: "1" };
  expect((await fixture.call({ headers: cookie }, "session.me", undefined, "GET")).body.user.email).toBe(person.email);
  // The same code on another screen, within the time in which it is right.
  const again = await signIn(person);
  const used = await post("/two-factor/verify-totp", { code }, again.jar);
  expect([used.status, used.body.code]).toEqual([401, "CODE_USED"]);
  expect((await acts(person)).slice(0, 3)).toEqual(["users.sign-in", "users.sign-in-failed", "users.two-factor-on"]);
});

it("takes each backup code once", async () => {
  const { person, backupCodes } = await withTwoFactor("Phoneless");
  const [code = ""] = backupCodes;
  const first = await post("/two-factor/verify-backup-code", { code }, (await signIn(person)).jar);
  expect(first.status).toBe(200);
  const second = await post("/two-factor/verify-backup-code", { code }, (await signIn(person)).jar);
  expect([second.status, second.body.code]).toEqual([401, "INVALID_BACKUP_CODE"]);
  const row = await fixture.database.accounts.twoFactor.findUniqueOrThrow({ where: { userId: person.userId } });
  expect(row.backupCodes).not.toContain(backupCodes[1]);
});

it("stops a guesser: five codes an attempt, ten a minute, then the account's second step rests", async () => {
  const { person, app } = await withTwoFactor("Target");
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    address = `10.2.0.${attempt}`;
    const half = await signIn(person);
    for (let i = 0; i < 6; i++) {
      statuses.push((await post("/two-factor/verify-totp", { code: "000000" }, half.jar)).status);
    }
  }
  expect(statuses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 400]);
  expect(statuses.slice(12)).toEqual([429, 429, 429, 429, 429, 429]);
  address = "10.2.1.1";
  const right = await post("/two-factor/verify-totp", { code: next(app) }, (await signIn(person)).jar);
  expect([right.status, right.body.code]).toEqual([429, "ACCOUNT_TEMPORARILY_LOCKED"]);
});

it("is switched off by who knows the password", async () => {
  const { person, jar } = await withTwoFactor("Tired");
  const wrong = await post("/two-factor/disable", { password: "wrong password" }, jar);
  expect([wrong.status, wrong.body.code]).toEqual([400, "INVALID_PASSWORD"]);
  const renewed = await post("/two-factor/generate-backup-codes", { password }, jar);
  expect(renewed.body.backupCodes).toHaveLength(10);
  expect((await post("/two-factor/disable", { password }, renewed.jar)).status).toBe(200);
  expect((await signIn(person)).jar).toHaveProperty("tugboat_session");
  expect(await acts(person)).toEqual([
    "users.sign-in",
    "users.two-factor-off",
    "users.backup-codes",
    "users.two-factor-on",
    "users.sign-in",
  ]);
});
