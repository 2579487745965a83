import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { pino } from "pino";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AlertWatch } from "../domain/alerts/watch.ts";
import { driftAlert } from "../domain/evaluations/online.ts";
import { type Mailer, openMailer } from "../domain/mail/mailer.ts";
import { consoleSecret, consoleUrl, type ManagementFixture, startManagement } from "../testing/management.ts";
import { consoleHeader } from "./session.ts";

let fixture: ManagementFixture;
let mailer: Mailer;
let refuses = false;
let refused = 0;
let tests = 0;
const inbox: ParsedMail[] = [];

/** A small SMTP server that asks for a password and keeps what it is given. */
const smtp = new SMTPServer({
  authOptional: false,
  allowInsecureAuth: true,
  disabledCommands: ["STARTTLS"],
  onAuth: ({ username, password }, _session, done) =>
    username === "tug" && password === "secret" ? done(null, { user: "tug" }) : done(new Error("wrong password")),
  onRcptTo: (_address, _session, done) => {
    if (!refuses) return done();
    refused++;
    done(new Error("no such mailbox"));
  },
  onData: (stream, _session, done) => {
    simpleParser(stream).then((mail) => {
      inbox.push(mail);
      done();
    }, done);
  },
});

beforeAll(async () => {
  smtp.listen(0, "127.0.0.1");
  await once(smtp.server, "listening");
  const { port } = smtp.server.address() as AddressInfo;
  mailer = openMailer({ url: `smtp://tug:secret@127.0.0.1:${port}`, from: "Tugboat <tug@x.example>", onWarning() {} });
  fixture = await startManagement({ mailer });
}, 60_000);
afterAll(async () => {
  await fixture.close();
  mailer.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});
beforeEach(() => {
  inbox.length = 0;
  refuses = false;
  tests++;
});

async function post(path: string, body: object) {
  const response = await fixture.app.request(`/api/auth${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      [consoleHeader]: consoleSecret,
      "x-forwarded-for": `10.3.0.${tests}`,
    },
  });
  return { status: response.status, body: await response.json() };
}
const linkIn = (mail: ParsedMail | undefined) =>
  new URL(/^http\S+$/m.exec(mail?.text ?? "")?.[0] ?? "http://none.example");
const ways = async (of: ManagementFixture) =>
  (await of.app.request("/api/auth/ways", { headers: { [consoleHeader]: "1" } })).json();

describe("a forgotten password", () => {
  it("is reset by the link that is mailed, and every step is in the audit log", async () => {
    const person = await fixture.enter("Forgetful", fixture.scope, "viewer", "first password");
    expect((await post("/request-password-reset", { email: person.email })).status).toBe(200);
    await expect.poll(() => inbox.length).toBe(1);
    expect(inbox[0]).toMatchObject({
      subject: "A new password for Tugboat",
      from: { text: '"Tugboat" <tug@x.example>' },
    });
    const link = linkIn(inbox[0]);
    expect(link.origin + link.pathname).toBe(`${consoleUrl}/reset-password`);
    const reset = { token: link.searchParams.get("token"), newPassword: "second password" };
    expect((await post("/reset-password", reset)).status).toBe(200);
    expect((await post("/reset-password", reset)).body.code).toBe("INVALID_TOKEN");
    expect((await post("/sign-in/email", { email: person.email, password: "second password" })).status).toBe(200);
    const acts = await fixture.scope.audit.list({ subject: person.userId });
    expect(acts.map(({ action, actor, address }) => [action, actor, address])).toEqual([
      ["users.sign-in", person.userId, `10.3.0.${tests}`],
      ["users.password-reset", person.userId, `10.3.0.${tests}`],
      ["users.ask-reset", "unknown", `10.3.0.${tests}`],
    ]);
  });

  it("is answered the same for an address that nobody has, and for one whose mail fails", async () => {
    const person = await fixture.enter("Known", fixture.scope, "viewer", "first password");
    const unknown = await post("/request-password-reset", { email: "nobody@x.example" });
    refuses = true;
    const failing = await post("/request-password-reset", { email: person.email });
    expect(failing).toEqual(unknown);
    expect(unknown.status).toBe(200);
    await expect.poll(() => refused).toBe(1);
    expect(inbox).toEqual([]);
  });

  it("can be asked for five times a minute", async () => {
    const ask = () => post("/request-password-reset", { email: "nobody@x.example" });
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });
});

describe("an invitation", () => {
  it("is mailed, and its link is shown to the one who invites all the same", async () => {
    const admin = await fixture.enter("Admin", fixture.scope, "admin");
    const { body } = await fixture.call(admin, "members.invite", { email: "guest@x.example", role: "viewer" });
    expect(body.mail).toBe("sent");
    expect(inbox[0]).toMatchObject({
      subject: "Admin invites you to Home on Tugboat",
      to: { text: "guest@x.example" },
    });
    expect(linkIn(inbox[0]).href).toBe(body.link);
  });

  it("stands when its mail fails, and says so", async () => {
    refuses = true;
    const admin = await fixture.enter("Admin", fixture.scope, "admin");
    const { body, status } = await fixture.call(admin, "members.invite", { email: "other@x.example", role: "viewer" });
    expect([status, body.mail]).toEqual([200, "failed"]);
    expect(await fixture.database.people.invitationsOf("other@x.example")).toHaveLength(1);
  });
});

describe("an alert", () => {
  it("goes out by mail to who is to be told, is tried again where the server refuses it, and comes once", async () => {
    const admin = await fixture.enter("Watcher", fixture.scope, "admin");
    const to = { name: "Team", kind: "mail", address: "team@x.example" };
    expect((await fixture.call(admin, "alerts.addChannel", to)).status).toBe(200);
    const { database, vault } = fixture;
    const watch = new AlertWatch({ database, vault, mailer, consoleUrl, log: pino({ level: "silent" }) });
    const monitor = { id: "m", model: "support", evaluator: "polite" };
    const alarm = { direction: "down", mean: 0.5, usual: 0.9 } as const;
    refuses = true;
    expect(await fixture.scope.alerts.raise(driftAlert(monitor, alarm, new Date()))).not.toBeNull();
    await watch.send();
    const told = async () => (await fixture.scope.alerts.list(1))[0]?.deliveries[0];
    expect(await told()).toMatchObject({ state: "pending", attempts: 1, error: expect.stringContaining("mailbox") });
    refuses = false;
    await expect
      .poll(
        async () => {
          await watch.send();
          return (await told())?.state;
        },
        { timeout: 30_000 },
      )
      .toBe("sent");
    await watch.close();
    expect(
      inbox.map(({ subject, text, to: whom }) => [whom && "text" in whom && whom.text, subject, text?.trim()]),
    ).toEqual([
      [
        "team@x.example",
        "[Home] Answers of support are worse than they were",
        "polite gives them 0.5 on average; usual was 0.9. Look at the live traffic under Evaluators.",
      ],
    ]);
  });
});

describe("whether mail works", () => {
  it("is known to the sign-in page", async () => {
    expect(await ways(fixture)).toEqual({ mail: true, oidc: null });
  });

  it("is no where the server refuses us or is not there, without a wait", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const { port } = smtp.server.address() as AddressInfo;
    const refused = openMailer({ url: `smtp://tug:wrong@127.0.0.1:${port}`, from: "tug@x.example", onWarning });
    expect(await refused.works()).toBe(false);
    const nobody = createServer().listen(0, "127.0.0.1");
    await once(nobody, "listening");
    const free = (nobody.address() as AddressInfo).port;
    nobody.close();
    const absent = openMailer({ url: `smtp://127.0.0.1:${free}`, from: "tug@x.example", onWarning });
    expect(await absent.works()).toBe(false);
    await expect(absent.send({ to: "a@x.example", subject: "s", text: "t" })).rejects.toThrow(/could not be sent/);
    expect(warnings).toHaveLength(2);
  });
});
