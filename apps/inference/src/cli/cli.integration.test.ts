import { spawn } from "node:child_process";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryHome } from "../testing/service.ts";

const shim = fileURLToPath(new URL("../../bin/tug.js", import.meta.url));
const bundled = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
let home: string;

beforeAll(async () => {
  home = await temporaryHome();
});
afterAll(() => rm(home, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function tug(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [shim, ...args], {
      env: { ...process.env, TUGBOAT_HOME: home, TUGBOAT_DEVICE: "cpu", HF_ENDPOINT: "http://127.0.0.1:59871" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

async function tugJson(...args: string[]) {
  const outcome = await tug(...args, "--json");
  return { ...outcome, json: JSON.parse(outcome.out) };
}

it("runs a bundled model by name, and a file by path, with the same text", async () => {
  const byName = await tug("run", "stories260K", "Once upon a time", "--temperature", "0", "--max-tokens", "30");
  expect(byName.code).toBe(0);
  expect(byName.out).toMatch(/^, there was a little girl named Lily\./);
  const byPath = await tugJson("run", bundled, "Once upon a time", "--temperature", "0", "--max-tokens", "30");
  expect(byPath.json).toMatchObject({
    text: byName.out.trimEnd(),
    usage: { promptTokens: 5, completionTokens: 30 },
    timings: { ttftMs: expect.any(Number), tokensPerSecond: expect.any(Number) },
  });
});

it("refuses with a sentence, what to do, and the right exit code", async () => {
  const missing = await tugJson("run", "no-such-model", "hi");
  expect([missing.code, missing.json.error.code]).toEqual([1, "not-found"]);
  expect(missing.err).toContain("no-such-model");
  expect(missing.json.error.hint).toContain("stories260K");
  for (const args of [
    ["frobnicate"],
    ["run"],
    ["run", "a", "b", "--max-tokens", "-1"],
    ["run", "a", "b", "--temperature", "hot"],
    ["run", "a", "b", "--raw", "--chat"],
    ["bench", "decode", "--against", "vllm"],
    ["models", "convert", "a", "b", "--type", "q1"],
  ]) {
    const { code, json } = await tugJson(...args);
    expect([args, code, json.error.code]).toEqual([args, 2, "usage"]);
  }
  const plain = await tug("run", "a", "b", "--max-tokens", "none");
  expect([plain.code, plain.out]).toEqual([2, ""]);
  expect(plain.err).toContain("--max-tokens");
  expect((await tug("models", "--help")).code).toBe(0);
});

it("adds, lists and removes a model", async () => {
  const file = join(home, "my model.gguf");
  await copyFile(bundled, file);
  const added = await tugJson("models", "add", file);
  expect(added.json).toMatchObject({
    name: "my-model",
    architecture: "llama",
    contextLength: 512,
    files: [{ path: "", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  });
  const listed = await tugJson("models", "list");
  expect(listed.json.models.map(({ name }: { name: string }) => name)).toContain("my-model");
  expect((await tug("models", "list")).out).toMatch(/my-model +llama +\d+K/);
  const text = await tug("run", "my-model", "Once upon a time", "--temperature", "0", "--max-tokens", "5");
  expect(text.out).toMatch(/^, there was/);
  expect((await tug("models", "remove", "my-model")).code).toBe(0);
  expect((await tugJson("models", "remove", "my-model")).json.error.code).toBe("not-found");
});

it("does not add what is no model", async () => {
  const file = join(home, "broken.gguf");
  await writeFile(file, "GGUF but not really");
  const broken = await tugJson("models", "add", file);
  expect([broken.code, broken.json.error.code]).toEqual([1, "bad-model"]);
  const folder = join(home, "empty");
  await mkdir(folder);
  expect((await tugJson("models", "add", folder)).json.error.code).toBe("bad-model");
  expect((await tugJson("models", "add", "no/such/thing/here")).json.error.code).toBe("bad-source");
  expect((await tugJson("models", "add", bundled, "--name", "../evil")).json.error.code).toBe("bad-name");
});

it("says that the hub can't be reached", async () => {
  const { code, json } = await tugJson("models", "add", "someone/some-model");
  expect([code, json.error.code]).toEqual([1, "hub-unreachable"]);
  expect(json.error.message).toContain("127.0.0.1:59871");
  expect(json.error.hint).toContain("by its path");
});

it("converts a model, which then says the same", async () => {
  const target = join(home, "f16.gguf");
  expect((await tugJson("models", "convert", bundled, target, "--type", "f16")).json).toMatchObject({ type: "f16" });
  expect((await tugJson("models", "convert", bundled, target)).json.error.code).toBe("exists");
  const { out } = await tug("run", target, "Once upon a time", "--temperature", "0", "--max-tokens", "12");
  expect(out).toMatch(/^, there was a little girl/);
});

it("makes, lists and revokes keys, and shows a key once", async () => {
  const { json: key } = await tugJson("keys", "create", "for a test");
  expect(key.key).toMatch(/^tug_[\w-]{43}$/);
  const { json, out } = await tugJson("keys", "list");
  expect(out).not.toContain(key.key);
  expect(json.keys).toContainEqual(expect.objectContaining({ id: key.id, name: "for a test", state: "valid" }));
  expect((await tugJson("keys", "revoke", key.id)).json.state).toBe("revoked");
  expect((await tugJson("keys", "revoke", "nothing")).json.error.code).toBe("not-found");
});

it("makes a key that may do little", async () => {
  const limits = ["--scope", "models:read", "--model", "tug-nano", "--requests", "5", "--tokens", "100"];
  expect((await tugJson("keys", "create", "small", ...limits)).json).toMatchObject({
    scopes: ["models:read"],
    models: ["tug-nano"],
    requestsPerMinute: 5,
    tokensPerMinute: 100,
  });
  expect((await tugJson("keys", "create", "greedy", "--scope", "members:write")).code).toBe(2);
});

it("makes a key with a budget of dollars a month, for a project", async () => {
  const made = await tugJson(
    "keys",
    "create",
    "budgeted",
    "--budget",
    "0.25",
    "--project",
    "Default",
    "--expires",
    "30",
  );
  expect(made.json).toMatchObject({ name: "budgeted", budgetMicroUsd: 250_000 });
  const { json } = await tugJson("keys", "list");
  expect(json.keys).toContainEqual(expect.objectContaining({ name: "budgeted", budgetMicroUsd: 250_000 }));
  expect((await tug("keys", "list")).out).toMatch(/budgeted .*\$0\.25/);
  expect((await tugJson("keys", "create", "odd", "--budget", "0.0000001")).code).toBe(2);
  expect((await tugJson("keys", "create", "odd", "--budget", "-1")).code).toBe(2);
  expect((await tugJson("keys", "create", "odd", "--project", "no such")).json.error.code).toBe("not-found");
});

it("says that nobody has an address whose password should be reset", async () => {
  const { code, json } = await tugJson("users", "reset-password", "nobody@x.example");
  expect([code, json.error.code]).toEqual([1, "not-found"]);
  expect((await tugJson("users", "list")).json.users).toEqual([]);
});

it("looks the machine over", async () => {
  const { json } = await tugJson("doctor");
  const names = json.findings.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["Node", "Memory", "Disk", "GPU", "Device", "Models", "Database", "Service"]);
  for (const { name, verdict } of json.findings)
    if (name !== "Service") expect([name, verdict]).not.toContain("broken");
});
