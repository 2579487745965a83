import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService, temporaryHome } from "../testing/service.ts";

const cli = fileURLToPath(new URL("../../bin/tug.js", import.meta.url));
const run = promisify(execFile);
let service: RunningService;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

const tour = (home: string, ...args: readonly string[]) =>
  run(process.execPath, [cli, "tour", ...args], { env: { ...process.env, TUGBOAT_HOME: home } });

it("checks, asks, shows the answer and how fast it came", async () => {
  const facts = JSON.parse((await tour(service.home, "--json")).stdout);
  expect(facts).toMatchObject({ model: "stories260K", service: { status: "ok" } });
  expect(facts.text.length).toBeGreaterThan(20);
  expect(facts.usage.completionTokens).toBe(64);
  expect(facts.timings.ttftMs).toBeGreaterThan(0);
  expect(facts.timings.tokensPerSecond).toBeGreaterThan(0);
});

it("prints a snippet that runs as pasted and gives the same answer", async () => {
  const { stdout } = await tour(service.home);
  const snippet = /^curl .*$/m.exec(stdout)?.[0] ?? "false";
  const { stdout: answered } = await run("sh", ["-c", `${snippet} -s`]);
  const [choice] = JSON.parse(answered).choices;
  expect(stdout.replaceAll("\n     ", "\n")).toContain(choice.text.trim());
  expect(stdout).toMatch(/First token after \d+ ms, then \d+ tok\/s/);
});

it("says what to do where nothing was started, and where nothing answers", async () => {
  const empty = await temporaryHome();
  const failed = await tour(empty, "--json").catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('"code":"not-started"') });
  const env = { ...process.env, TUGBOAT_HOME: empty, TUGBOAT_API_URL: "http://127.0.0.1:9", TUGBOAT_API_KEY: "tug_x" };
  const refused = await run(process.execPath, [cli, "tour"], { env }).catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ stderr: expect.stringContaining("Nothing answers at http://127.0.0.1:9.") });
});
