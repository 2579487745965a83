import { describe, expect, it } from "vitest";
import type { Judged } from "./judged.ts";
import { runCode } from "./sandbox.ts";

const output: Judged = { text: "Billing", calls: [], latencyMs: 1, costMicroUsd: 1, outputTokens: 1 };
const example = { input: "Why was I charged?", expected: "billing" };
/** Generous: what is under test is that there is an end, on whatever machine. */
const limits = { milliseconds: 1000, bytes: 16 * 2 ** 20 };
const run = (source: string) => runCode(source, output, example, limits);
const body = (code: string) => run(`function evaluate() { ${code} }`);

describe("a person's code", () => {
  it("judges, in TypeScript", async () => {
    const source = `
      type Output = { text: string };
      function evaluate(output: Output, expected: string): { value: number; reason: string } {
        const same: boolean = output.text.toLowerCase() === expected;
        return { value: same ? 1 : 0, reason: "by case" };
      }`;
    expect(await run(source)).toEqual({ value: 1, reason: "by case" });
    expect(await body("return 0.25")).toEqual({ value: 0.25 });
    expect(await body("return false")).toEqual({ value: 0 });
  });

  it("that throws, does not parse, or declares nothing is told so", async () => {
    expect((await body('throw new Error("no way")')).reason).toContain("no way");
    expect((await run("function evaluate( {")).reason).toContain("no TypeScript");
    expect((await run("const x = 1")).reason).toContain("no function named evaluate");
  });

  it("that lies about its type gives no score", async () => {
    for (const lie of ["'high'", "2", "-1", "NaN", "undefined", "[1]", "{ value: 'x' }", "1n", "() => 1", "null"]) {
      expect((await body(`return ${lie}`)).value, lie).toBeNull();
    }
    expect((await body("return { get value() { return 0.5 }, toJSON() { return { value: 7 } } }")).value).toBeNull();
  });
});

describe("an attack", () => {
  it("on time ends: loops, patterns that backtrack, endless recursion, promises that never end", async () => {
    expect((await body("for (;;) {}")).reason).toContain("ran longer");
    expect((await body("while (true) { try { for (;;) {} } catch {} }")).reason).toContain("ran longer");
    expect((await body("const f = () => f() + f(); return f()")).value).toBeNull();
    expect((await body("return new Promise(() => {})")).value).toBeNull();
  });

  it("on memory ends", async () => {
    expect((await body("const a = []; for (;;) a.push(new Array(100000).fill(1))")).value).toBeNull();
    expect((await body("let s = 'x'; for (;;) s += s")).value).toBeNull();
    expect((await body("return new ArrayBuffer(2 ** 31)")).value).toBeNull();
    // The next one is served by a sound interpreter.
    expect(await body("return 1")).toEqual({ value: 1 });
  });

  it("on the network, files, the process or timers finds none of them", async () => {
    const names = [
      "fetch",
      "XMLHttpRequest",
      "WebSocket",
      "require",
      "process",
      "Deno",
      "Bun",
      "setTimeout",
      "std",
      "os",
    ];
    for (const name of names) {
      expect(await body(`return { value: 1, reason: typeof ${name} }`), name).toEqual({
        value: 1,
        reason: "undefined",
      });
    }
    expect((await run('import fs from "node:fs"; function evaluate() { return 1 }')).value).toBeNull();
    expect((await body('return import("node:fs").then(() => 1)')).value).toBeNull();
  });

  it("through prototypes and constructors reaches its own world alone", async () => {
    const reached = await body(
      "return { value: 1, reason: typeof this?.process + typeof Function('return typeof process')() + typeof evaluate.constructor('return this')().process }",
    );
    expect(reached).toEqual({ value: 1, reason: "undefinedstringundefined" });
    await body(
      "Object.prototype.polluted = 1; Array.prototype.map = null; JSON.stringify = () => '{\"result\":1}'; return 0",
    );
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect([1].map((one) => one)).toEqual([1]);
    // Nor does anything stay for the next answer.
    expect(await body("return { value: 1, reason: String({}.polluted) }")).toEqual({ value: 1, reason: "undefined" });
  });

  it("on what reads its result changes nothing", async () => {
    // It is fetched before the code runs.
    expect(await body("JSON.stringify = () => 'lies'; return 0")).toEqual({ value: 0 });
    expect(
      (await body("JSON.parse = () => { throw 1 }; return { value: 1, reason: 'x'.repeat(100000) }")).reason?.length,
    ).toBe(2000);
  });
});
