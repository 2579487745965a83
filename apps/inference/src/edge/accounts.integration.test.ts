import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFirstRun } from "../domain/first-run.ts";
import { type RunningService, startService } from "../testing/service.ts";

const cli = fileURLToPath(new URL("../../bin/tug.js", import.meta.url));
let service: RunningService;
let cookie = "";
let secret = "";

beforeAll(async () => {
  service = await startService();
  secret = (await readFile(join(service.home, "console-secret"), "utf8")).trim();
});
afterAll(() => service?.remove());

async function tug(...args: readonly string[]) {
  const env = { ...process.env, TUGBOAT_HOME: service.home };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, "--json"], { env });
  return JSON.parse(stdout);
}

const post = (path: string, body: unknown) =>
  fetch(service.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-tugboat-console": secret,
      "x-forwarded-for": "203.0.113.9",
      cookie,
    },
    body: JSON.stringify(body),
  });
const listModels = (key: string) => fetch(`${service.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });

it("signs the first account in with what first-run.json says", async () => {
  const { email = "", password = "" } = (await readFirstRun(service.home)) ?? {};
  const response = await post("/api/auth/sign-in/email", { email, password });
  expect(response.status).toBe(200);
  cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const [user] = (await tug("users", "list")).users;
  expect(user).toMatchObject({ email, role: "owner" });
});

it("streams a playground's chat to a session, without a key", async () => {
  const response = await post("/v1/completions", { model: "stories260K", prompt: "Once upon a time", max_tokens: 5 });
  expect(response.status).toBe(200);
  expect((await response.json()).usage.completion_tokens).toBe(5);
});

it("refuses a key at once that another process has revoked, and forgets no limit that one has set", async () => {
  const made = await post("/api/keys/create", { name: "Shared", projectId: await projectId(), requestsPerMinute: 100 });
  const { key, secret } = await made.json();
  const before = await listModels(secret);
  expect([before.status, before.headers.get("x-ratelimit-remaining-requests")]).toEqual([200, "99"]);
  await tug("keys", "revoke", key.id);
  await expect.poll(async () => (await listModels(secret)).status, { interval: 5, timeout: 1000 }).toBe(401);
});

it("writes down from where a change came", async () => {
  const response = await fetch(`${service.url}/api/audit/list?action=keys.create&limit=1`, {
    headers: { cookie, "x-tugboat-console": "1" },
  });
  expect((await response.json()).records[0]).toMatchObject({ actorName: "Owner", address: "203.0.113.9" });
});

it("sets a new password by the link that `tug` prints", async () => {
  const { email = "", password = "" } = (await readFirstRun(service.home)) ?? {};
  const { link } = await tug("users", "reset-password", email);
  const token = new URL(link).searchParams.get("token");
  expect((await post("/api/auth/reset-password", { token, newPassword: "a new password" })).status).toBe(200);
  expect((await post("/api/auth/sign-in/email", { email, password })).status).toBe(401);
  expect((await post("/api/auth/sign-in/email", { email, password: "a new password" })).status).toBe(200);
});

async function projectId(): Promise<string> {
  const response = await fetch(`${service.url}/api/projects/list`, { headers: { cookie, "x-tugboat-console": "1" } });
  return (await response.json()).projects[0].id;
}
