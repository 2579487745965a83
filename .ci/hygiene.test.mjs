import { describe, expect, test } from "vitest";
import { lockProblems, textProblems, topLevelProblems } from "./hygiene.mjs";

// In parts, so that this file doesn't break the rules it tests.
const somebody = ["", "home", "somebody"].join("/");
const conflict = `${"<".repeat(7)} HEAD`;

describe("the repository", () => {
  test("names no registry in its lock file", () => {
    expect(lockProblems('{"a": {"version": "1.0.0", "integrity": "sha512-x"}}')).toEqual([]);
    expect(lockProblems('{"resolved": "https://npm.example/a.tgz"}').join()).toContain("https://npm.example");
  });

  test("names no folder of the machine it was written on", () => {
    expect(textProblems("a.ts", `open("${somebody}/x")`, []).join()).toContain(somebody);
    expect(textProblems("a.ts", 'open("/srv/checkout/x")', ["/srv/checkout"]).join()).toContain("/srv/checkout");
    expect(textProblems("a.ts", 'fetch("https://example.com/home/page")', [])).toEqual([]);
  });

  test("holds no merge conflict and no test that hides the others", () => {
    expect(textProblems("a.ts", `x\n${conflict}\n`, []).join()).toContain("merge conflict");
    expect(textProblems("a.test.ts", `${"test"}.only("x", () => {})`, []).join()).toContain("only some");
    expect(textProblems("a.ts", "const only = list.only(1);", [])).toEqual([]);
  });

  test("has nothing strange at its top level", () => {
    expect(topLevelProblems([".ci/run", "apps/web/x.ts", "README.md"])).toEqual([]);
    expect(topLevelProblems(["scripts/x.mjs"]).join()).toContain("scripts");
  });
});
