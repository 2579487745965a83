import { execFile } from "node:child_process";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService, temporaryHome } from "../testing/service.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const failed = z.object({ code: z.number(), stderr: z.string() });

let service: RunningService;
let restored: string;

beforeAll(async () => {
  service = await startService();
  restored = await temporaryHome();
});
afterAll(async () => {
  await service.remove();
  await rm(restored, { recursive: true, force: true });
});

async function tug(home: string, ...args: string[]) {
  const env = { ...process.env, TUGBOAT_HOME: home, DATABASE_URL: "" };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env });
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    return { ...failed.parse(error), stdout: "" };
  }
}

it("a running service is backed up, and restored elsewhere; what is there is not overwritten by mistake", async () => {
  const file = join(service.home, "copy.backup");
  const made = await tug(service.home, "backup", file, "--json");
  expect(made).toMatchObject({ code: 0 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await tug(service.home, "backup", file)).toMatchObject({ code: 1, stderr: /exists already/ });
  expect(await tug(service.home, "restore", file)).toMatchObject({ code: 1, stderr: /Stop Tugboat/ });

  const back = await tug(restored, "restore", file, "--json");
  expect(back.code, back.stderr).toBe(0);
  expect(JSON.parse(back.stdout)).toEqual(JSON.parse(made.stdout));
  expect(await tug(restored, "restore", file)).toMatchObject({ code: 1, stderr: /not empty.*\n.*--force/ });
  const keys = async (home: string) => JSON.parse((await tug(home, "keys", "list", "--json")).stdout);
  expect(await keys(restored)).toEqual(await keys(service.home));
});
