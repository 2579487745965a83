import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sampleCsv } from "@tugboat/tuning";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

const cli = fileURLToPath(new URL("../../bin/tug.js", import.meta.url));
const run = promisify(execFile);
let service: RunningService;
let document: string;

beforeAll(async () => {
  service = await startService();
  document = join(service.home, "queues.yaml");
  await writeFile(join(service.home, "queues.csv"), sampleCsv());
  await declare("0.3");
}, 120_000);
afterAll(() => service?.remove());

const tug = (...args: readonly string[]) =>
  run(process.execPath, [cli, ...args], { env: { ...process.env, TUGBOAT_HOME: service.home } });

function declare(floor: string) {
  return writeFile(
    document,
    `task: queues
instruction: Sort the customer's message into one queue.
input: { message: string }
output: { queue: { enum: [billing, bug, how-to, delivery] } }
examples: queues.csv
require: { accuracy: ">= ${floor}" }
prefer: quality
`,
  );
}

it("goes from a file to something that serves, in a terminal", async () => {
  const dry = await tug("tasks", "apply", "-f", document, "--dry-run");
  expect(dry.stdout).toContain("queues would be declared");
  expect(JSON.parse((await tug("tasks", "list", "--json")).stdout)).toEqual({ tasks: [] });
  const applied = await tug("tasks", "apply", "-f", document);
  expect(applied.stdout).toContain("+ require.quality: 0.3");
  expect(applied.stdout).toContain("+ 60 examples");
  expect((await tug("tasks", "apply", "-f", document)).stdout).toBe("queues is so already (version 1).\n");
  await declare("0.25");
  const changed = await tug("tasks", "apply", "-f", document);
  expect(changed.stdout).toBe("~ require.quality: 0.3 → 0.25\nqueues changed: version 2.\n");

  const early = await tug("explain", "queues").catch((cause: unknown) => cause);
  expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining("was not planned yet") });

  const planned = JSON.parse((await tug("plan", "queues", "--minutes", "0.3", "--wait", "--json")).stdout);
  expect(planned).toMatchObject({ task: "queues", plan: { tree: expect.stringContaining("queues → ") } });
  expect(planned.measurements).toBeGreaterThan(0);
  for (const key of ["score", "low", "high", "latencyP95Ms", "costPer1k"])
    expect(planned.plan[key]).toBeTypeOf("number");

  const shipped = await tug("ship", "queues", "--alias", "triage", "--anyway");
  expect(shipped.stdout).toMatch(/^Plan \d+ serves queues\. Call it as the model triage\.\n$/);
  const explained = await tug("explain", "queues");
  expect(explained.stdout).toMatch(/^queues → plan \d+ \(shipped /);
  expect(explained.stdout).toContain("an exhaustive search makes");
  const { tasks } = JSON.parse((await tug("tasks", "list", "--json")).stdout);
  expect(tasks).toMatchObject([{ task: "queues", version: 2, share: 100, model: "task:queues" }]);

  const answer = await fetch(`${service.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "triage", messages: [{ role: "user", content: "Where is my parcel?" }] }),
  });
  const { choices } = await answer.json();
  expect(["billing", "bug", "how-to", "delivery"]).toContain(JSON.parse(choices[0].message.content).queue);
}, 480_000);
