import { describe, expect, it } from "vitest";
import type { Node, Stmt } from "../ir.ts";
import { type LoweredKernel, lowerKernel } from "./kernel.ts";

const lower = (body: string, module = "", constants: Record<string, number> = {}): LoweredKernel =>
  lowerKernel(
    `${module}
struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) { ${body} }`,
    constants,
    { relaxed: true },
  );

/** How often each operation stands in a kernel, statements (`loop`, `if`, `store` …) and nodes alike. */
function census(kernel: LoweredKernel): Map<string, number> {
  const found = new Map<string, number>();
  const count = (op: string): void => void found.set(op, (found.get(op) ?? 0) + 1);
  const node = (n: Node): void => {
    count(n.op);
    n.args.forEach(node);
  };
  const statement = (s: Stmt): void => {
    count(s.op);
    if ("value" in s) node(s.value);
    if ("address" in s) node(s.address);
    if ("condition" in s && s.condition) node(s.condition);
    if (s.op === "if") [...s.accepted, ...s.rejected].forEach(statement);
    if ("body" in s) s.body.forEach(statement);
  };
  kernel.body.forEach(statement);
  return found;
}

/** Loops but the one over workgroups. */
const loops = (kernel: LoweredKernel): number => census(kernel).get("loop")! - 1;
const clamps = (kernel: LoweredKernel): number => census(kernel).get("i32.min_u") ?? 0;

describe("loops", () => {
  it("over arrays in locals are unrolled up to 512 turns", () => {
    const kernel = lower(
      "var acc: array<f32, 8>; for (var i = 0u; i < 8u; i++) { acc[i] += x[group.x].x; } y[group.x] = acc[7];",
    );
    expect([loops(kernel), kernel.scratchBytes]).toEqual([0, 0]);
    const far = lower("var a: array<f32, 4>; for (var i = 0u; i < 600u; i++) { a[i % 4u] += 1.0; } y[group.x] = a[1];");
    expect([loops(far), far.scratchBytes]).toEqual([1, 16]);
  });

  it("through pointers too", () => {
    const kernel = lower(
      "var acc = array<f32, 8>(); add(&acc, group.x); y[group.x] = acc[1];",
      "override N: u32; fn add(p: ptr<function, array<f32, 8>>, at: u32) { for (var i = 0u; i < N; i++) { (*p)[i] += x[at].y; } }",
      { N: 6 },
    );
    expect([loops(kernel), kernel.scratchBytes]).toEqual([0, 0]);
  });

  it("that index no such array stay loops, but for four short turns at most", () => {
    expect(loops(lower("var s = 0.0; for (var i = 0u; i < 64u; i++) { s += x[i].x; } y[group.x] = s;"))).toBe(1);
    expect(loops(lower("var s = 0.0; for (var i = 0u; i < 5u; i++) { s += x[i].x; } y[group.x] = s;"))).toBe(1);
    expect(loops(lower("var s = 0.0; for (var i = 0u; i < 4u; i++) { s += x[i].x; } y[group.x] = s;"))).toBe(0);
  });

  it("over the lanes of a workgroup vanish", () => {
    const kernel = lower(
      "w[0] = 1.0; for (var s = W / 2u; s > 0u; s >>= 1u) { if (0u < s) { w[0] += w[s]; } workgroupBarrier(); } y[group.x] = w[0];",
      "override W: u32 = 1u; var<workgroup> w: array<f32, W>;",
    );
    expect(loops(kernel)).toBe(0);
    expect(census(kernel).get("f32.add")).toBeUndefined();
  });
});

describe("arrays", () => {
  it("of up to 96 scalars and vectors live in locals, larger ones in memory", () => {
    const bytes = (n: number): number => lower(`var a: array<vec4<f32>, ${n}>; y[group.x] = a[3].x;`).scratchBytes;
    expect([bytes(96), bytes(97)]).toEqual([0, 97 * 16]);
  });

  it("that one index reaches at run time live in memory, others beside them do not", () => {
    const kernel = lower(
      "var a: array<f32, 4>; var b: array<f32, 4>; a[params.n % 4u] = 1.0; b[2] = 2.0; y[group.x] = a[0] + b[2];",
    );
    expect(kernel.scratchBytes).toBe(16);
  });
});

describe("workgroups of one lane", () => {
  it("leave nothing of barriers", () => {
    const [without, barriers] = ["", "workgroupBarrier(); storageBarrier();"].map((b) =>
      census(lower(`y[group.x] = 1.0; ${b} y[group.x] = 2.0;`)),
    );
    expect(barriers).toEqual(without);
  });

  it("clear their memory first", () => {
    expect(census(lower("y[group.x] = w[1];", "var<workgroup> w: array<f32, 4>;")).get("fill")).toBe(1);
  });
});

describe("indices", () => {
  it.each([
    ["of the group", "y[group.x] = 1.0;"],
    ["bounded by a parameter", "for (var i = group.x; i < params.n; i++) { y[i] = 1.0; }"],
    ["behind a guard", "if (group.x * 4u + 3u < params.n) { y[group.x * 4u + 3u] = 1.0; }"],
    ["after an early return", "let i = group.x * 8u; if (i >= params.n) { return; } y[i] = 1.0;"],
    ["masked", "y[u32(y[0]) & 7u] = 1.0;"],
    ["remainders", "y[u32(y[0]) % params.n] = 1.0;"],
    ["guarded by what is read", "let i = u32(y[0]); if (i < params.n) { y[i] = 1.0; }"],
  ])("%s are proven when the dispatch is recorded", (_name, body) => {
    const kernel = lower(body);
    expect(clamps(kernel)).toBe(0);
    expect(kernel.obligations.length).toBeGreaterThan(0);
  });

  it("clamped by the kernel's own min() are not clamped again", () => {
    const kernel = lower("y[min(u32(y[0]), params.n)] = 1.0;");
    expect([clamps(kernel), kernel.obligations.length]).toEqual([1, 2]);
  });

  it.each([
    ["read from memory", "y[u32(y[0])] = 1.0;"],
    ["changed after their guard", "var i = u32(y[0]); if (i < 8u) { i += 1u; i *= u32(y[1]); y[i] = 1.0; }"],
    ["products of what is read", "y[u32(y[0]) * group.x] = 1.0;"],
  ])("%s are clamped in code", (_name, body) => {
    expect(clamps(lower(body))).toBe(1);
  });

  it("of fixed arrays are proven while compiling, or clamped", () => {
    const w = "var<workgroup> w: array<f32, 8>;";
    const proven = lower("for (var i = 0u; i < 8u; i++) { w[i] = 1.0; } y[group.x] = w[group.x % 8u];", w);
    expect([clamps(proven), proven.obligations.length]).toEqual([0, 1]);
    expect(clamps(lower("w[group.x] = 1.0;", w))).toBe(1);
  });

  it("with constant parts put them into the instruction", () => {
    const kernel = lower("y[group.x * 4u] = 1.0; y[group.x * 4u + 1u] = 2.0; y[group.x * 4u + 2u] = 3.0;");
    const offsets: number[] = [];
    const visit = (s: Stmt): void => {
      if (s.op === "store") offsets.push(s.offset);
      if ("body" in s) s.body.forEach(visit);
    };
    kernel.body.forEach(visit);
    expect(offsets).toEqual([0, 4, 8]);
  });
});

describe("values", () => {
  it("of overrides are folded, and branches on them dropped", () => {
    const module = "override FAST: bool; override N: u32 = 4u;";
    const body = "if (FAST && N > 3u) { y[N * 2u + 1u] = 1.0; } else { y[0] = 2.0; y[1] = 3.0; }";
    const fast = census(lower(body, module, { FAST: 1 }));
    expect([fast.get("store"), fast.get("if"), fast.get("i32.mul")]).toEqual([1, undefined, undefined]);
    expect(census(lower(body, module, { FAST: 0 })).get("store")).toBe(2);
  });

  it("of the uniform are read once, before the first workgroup", () => {
    const kernel = lower("for (var i = 0u; i < params.n; i++) { y[i] = f32(params.n * i); }");
    const inLoop = kernel.body.filter((s) => s.op === "loop");
    expect(inLoop).toHaveLength(1);
    const loads = census({ ...kernel, body: inLoop }).get("i32.load") ?? 0;
    expect(loads).toBe(0);
  });
});
