import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCredentials, spendSignInLink } from "./sign-in.ts";

const home = mkdtempSync(join(tmpdir(), "tugboat-sign-in-"));

function leaveLink(token: string, content: string): void {
  mkdirSync(join(home, "sign-in"), { recursive: true });
  writeFileSync(join(home, "sign-in", `${createHash("sha256").update(token).digest("hex")}.json`), content);
}

beforeAll(() => {
  process.env.TUGBOAT_HOME = home;
  writeFileSync(join(home, "first-run.json"), JSON.stringify({ email: "Owner@example.com", password: "right horse" }));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("a one-time link", () => {
  it("signs in once, however many try at the same time", async () => {
    leaveLink("t1", JSON.stringify({ expiresAt: new Date(Date.now() + 60_000).toISOString() }));
    const results = await Promise.all(Array.from({ length: 8 }, () => spendSignInLink("t1")));
    expect(results.filter((result) => "email" in result)).toEqual([{ email: "Owner@example.com" }]);
    expect(await spendSignInLink("t1")).toEqual({ problem: "link" });
  });

  it("is refused when it has expired", async () => {
    leaveLink("t2", JSON.stringify({ expiresAt: new Date(Date.now() - 1).toISOString() }));
    expect(await spendSignInLink("t2")).toEqual({ problem: "expired" });
  });

  it("is refused when unknown, damaged or a path", async () => {
    leaveLink("t3", "{");
    for (const token of ["t3", "never made", "../first-run", ""]) {
      expect(await spendSignInLink(token)).toEqual({ problem: "link" });
    }
  });
});

describe("credentials", () => {
  it("are those of first-run.json, the address in any case", () => {
    expect(checkCredentials(" owner@EXAMPLE.com ", "right horse")).toEqual({ email: "Owner@example.com" });
  });

  it("are refused when wrong, and for a minute after ten wrong ones", () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(checkCredentials("owner@example.com", "wrong", 1_000)).toEqual({ problem: "credentials" });
    }
    expect(checkCredentials("owner@example.com", "right horse", 1_000)).toEqual({ problem: "too-many" });
    expect(checkCredentials("owner@example.com", "right horse", 61_001)).toEqual({ email: "Owner@example.com" });
  });
});
