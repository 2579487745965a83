import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { launchAs, postgresIdentity } from "./identity.ts";

const isRoot = process.getuid?.() === 0;

describe("the account that PostgreSQL runs under", () => {
  test("is one's own for an ordinary user", async ({ skip }) => {
    skip(isRoot, "root lends PostgreSQL another account");
    expect(await postgresIdentity()).toBeUndefined();
    expect(await launchAs(undefined, ["/root/closed"])).toEqual({ prefix: [], ids: {} });
  });

  describe("when root starts it", () => {
    const probe = "require('fs').accessSync(process.argv[1], fs.constants.X_OK); console.log(process.getuid())";

    test.for([
      ["open", 0o755],
      ["closed", 0o700],
    ] as const)("reaches a program in an %s folder, and is not root", async ([, mode], { skip }) => {
      skip(!isRoot, "an ordinary user runs PostgreSQL as himself");
      const folder = mkdtempSync(join(tmpdir(), "tugboat-identity-"));
      const program = join(folder, "inner", "program");
      mkdirSync(join(folder, "inner"));
      writeFileSync(program, "", { mode: 0o755 });
      chmodSync(folder, mode);
      try {
        const identity = await postgresIdentity();
        const { prefix, ids } = await launchAs(identity, [program]);
        expect(prefix.length > 0).toBe(mode === 0o700);
        const [command = "", ...rest] = [...prefix, process.execPath, "-e", probe, program];
        const uid = execFileSync(command, rest, { ...ids, cwd: "/", encoding: "utf8" });
        expect(Number(uid)).toBe(identity?.uid);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
});
