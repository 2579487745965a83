import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

const cli = fileURLToPath(new URL("../../bin/tug.js", import.meta.url));
const run = promisify(execFile);
let service: RunningService;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

const tug = (...args: readonly string[]) =>
  run(process.execPath, [cli, "batch", ...args], { env: { ...process.env, TUGBOAT_HOME: service.home } });

async function requests(name: string, ...ids: readonly string[]): Promise<string> {
  const body = { model: "stories260K", prompt: "Once upon a time", max_tokens: 5, temperature: 0 };
  const lines = ids.map((custom_id) => JSON.stringify({ custom_id, method: "POST", url: "/v1/completions", body }));
  const path = join(service.home, name);
  await writeFile(path, lines.join("\n"));
  return path;
}

it("submits a file, waits, and gives the results", async () => {
  const batch = JSON.parse((await tug("submit", await requests("two.jsonl", "a", "b"), "--wait", "--json")).stdout);
  expect(batch).toMatchObject({ status: "completed", request_counts: { total: 2, completed: 2, failed: 0 } });
  const { results } = JSON.parse((await tug("results", batch.id, "--json")).stdout);
  expect(results.map(({ custom_id }: { custom_id: string }) => custom_id).sort()).toEqual(["a", "b"]);
  const out = join(service.home, "out.jsonl");
  await tug("results", batch.id, "--out", out);
  expect((await readFile(out, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  expect((await tug("status")).stdout).toContain(batch.id);
  expect((await tug("status", batch.id)).stdout).toContain("2 of 2 answered, 0 failed");
});

it("says what is wrong with a file or an id", async () => {
  const twice = await tug("submit", await requests("twice.jsonl", "a", "a"), "--wait").catch((cause: unknown) => cause);
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("Line 2: the custom_id 'a'") });
  const path = join(service.home, "none.jsonl");
  await writeFile(path, "hello");
  const none = await tug("submit", path, "--json").catch((cause: unknown) => cause);
  expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining('"code":"bad-file"') });
  const unknown = await tug("status", "batch_none").catch((cause: unknown) => cause);
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("No batch found") });
});
