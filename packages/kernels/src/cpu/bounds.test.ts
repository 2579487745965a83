import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Device, type Groups, KernelError } from "../device.ts";
import { openCpuDevice } from "../node/index.ts";
import { runInArena } from "./testing/arena.ts";
import { u32 } from "./testing/kernel.ts";

interface Attack {
  readonly name: string;
  readonly module?: string;
  readonly body: string;
  /** Content of x, a few words that the attack may use. */
  readonly x?: readonly number[];
  readonly params?: readonly number[];
  readonly groups?: Groups;
  /** What y's 8 words hold, where the dispatch must be accepted and WGSL leaves no choice. */
  readonly y?: readonly number[];
  readonly refused?: true;
}

const code = (attack: Attack): string => `
struct Params { a: u32, b: u32, c: u32, i: i32 }
${attack.module ?? ""}
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
${attack.body}
}`;

const fill = (n: number, of: (i: number) => number): number[] =>
  Array.from({ length: 8 }, (_, i) => (i < n ? of(i) : 0));
const set = "fn set(p: ptr<function, u32>, v: u32) -> bool { *p = v; return true; }";

const attacks: Attack[] = [
  // Wrap-around.
  {
    name: "i - 1 under i > 0",
    body: "let i = group.x; if (i > 0u) { y[i - 1u] = i; }",
    groups: [9],
    y: fill(8, (i) => i + 1),
  },
  { name: "i - 1 without a guard", body: "y[group.x - 1u] = 5u;", groups: [3] },
  {
    name: "i + 1 < n",
    body: "let i = group.x; if (i + 1u < params.a) { y[i + 1u] = i; y[i] += 10u; }",
    params: [8],
    groups: [20],
    y: [10, 10, 11, 12, 13, 14, 15, 6],
  },
  {
    name: "i + 1 < n where i + 1 wraps",
    body: "let i = x[0]; if (i + 1u < params.a) { y[i] = 5u; y[i + 1u] = 6u; }",
    x: [0xffffffff],
    params: [8],
  },
  {
    name: "a limit that wraps below zero",
    body: "let limit = group.y - 1u; if (group.x < limit) { y[group.x] = 1u; }",
    groups: [30, 3],
  },
  { name: "limits past 2^31", body: "if (group.x < 0x80000000u) { y[group.x] = 1u; }", groups: [40], refused: true },
  {
    name: "limits past 2^31 in a loop that breaks",
    body: "for (var i = 0u; i < 0xfffffff0u; i++) { if (i > 40u) { break; } y[i] = 1u; }",
  },
  {
    name: "a counter that goes down by wrapping",
    body: "for (var i = 5u; i < 10u; i += 0xffffffffu) { y[i - 5u] = 1u; }",
  },
  {
    name: "a counter that jumps over the end",
    body: "var n = 0u; for (var i = 5u; i < 0xfffffff0u; i += 0x40000001u) { y[7u - min(i, 12u) + 5u] = 1u; n++; if (n > 9u) { break; } }",
  },
  {
    name: "a counter with a step known only when dispatched",
    body: "var n = 0u; for (var i = 9u; i < 100u; i += params.a) { y[7u - min(i - 9u, 7u)] = i; n++; if (n > 30u) { break; } }",
    params: [0xfffffffe],
  },
  {
    name: "products that wrap, divided",
    body: "let i = (params.a * params.b) / params.c; y[i] = 1u; y[i + 3u] = 2u;",
    params: [0x10000, 0x10000, 0x10000],
  },
  {
    name: "products that wrap, taken away",
    body: "y[4u - (params.a * params.b) / params.c] = 1u; y[40u - (params.a * params.b) / params.c] = 1u;",
    params: [0x10000, 0x24000, 0x1000],
  },
  {
    name: "sums that wrap, shifted",
    body: "y[((params.a + group.x) >> 28u) + 5u] = 1u;",
    params: [0xffffffff],
    groups: [3],
  },
  {
    name: "max of what wraps",
    body: "let i = max(params.a * params.b, 5u); y[i] = 1u; y[i - 4u] = 2u;",
    params: [0x10000, 0x10000],
  },
  { name: "min of what wraps", body: "y[min(group.x - 2u, 7u)] = 1u;", groups: [4], y: [1, 1, 0, 0, 0, 0, 0, 1] },
  {
    name: "remainder and mask of what wraps",
    body: "y[(group.x - 2u) % 8u] = 1u; y[(group.x - 3u) & 3u] = 2u;",
    groups: [4],
    y: [2, 1, 2, 2, 0, 0, 1, 1],
  },
  // Signed numbers.
  { name: "negative i32", body: "let i = i32(group.x) - 5; if (i < 3) { y[i] = 1u; }", groups: [9] },
  {
    name: "negative i32 behind both guards",
    body: "let i = i32(group.x) - 5; if (i >= 0 && i < 8) { y[i] = 1u; }",
    groups: [40],
    y: fill(8, () => 1),
  },
  {
    name: "i32 compared with a negative parameter",
    body: "let i = i32(group.x); if (i > params.i) { y[i] = 1u; }",
    params: [0, 0, 0, 0xffffffff],
    groups: [8],
    y: fill(8, () => 1),
  },
  {
    name: "i32 sums that wrap",
    body: "let i = bitcast<i32>(x[0]); if (i + 1 < 8) { y[i] = 1u; if (i >= 0) { y[i] = 2u; } }",
    x: [0x7fffffff],
  },
  { name: "u32 after a signed guard", body: "let i = x[0]; if (bitcast<i32>(i) < 8) { y[i] = 1u; }", x: [0x80000005] },
  {
    name: "i32 after an unsigned guard",
    body: "let i = bitcast<i32>(x[0]); if (bitcast<u32>(i) < 8u) { y[i] = 1u; y[7 - i] = 2u; }",
    x: [3],
    y: [0, 0, 0, 1, 2, 0, 0, 0],
  },
  { name: "a signed counter from below zero", body: "for (var i = -3; i < 8; i++) { y[i] = 1u; y[max(i, 0)] = 2u; }" },
  {
    name: "a signed counter to the largest number",
    body: "for (var i = 2147483640; i <= 2147483647; i++) { y[i - 2147483640] = 1u; if (i == 2147483647) { break; } }",
  },
  // Variables that change after a fact.
  { name: "changed after the guard", body: "var i = group.x; if (i < 8u) { i += 100u; y[i] = 1u; }", groups: [2] },
  {
    name: "changed in a loop after the guard",
    body: "var i = 0u; if (i < 8u) { loop { y[i] = 1u; i += 50u; if (i > 1000u) { break; } } }",
  },
  {
    name: "changed through a pointer in a loop",
    module: "fn run(p: ptr<function, u32>) { for (var k = 0u; k < 20u; k++) { y[*p] = 1u; *p += 3u; } }",
    body: "var i = 0u; run(&i);",
  },
  {
    name: "changed through a pointer that is handed on",
    module:
      "fn add(p: ptr<function, u32>) { *p += 3u; } fn run(p: ptr<function, u32>) { for (var k = 0u; k < 20u; k++) { y[*p] = 1u; add(p); } }",
    body: "var i = 0u; run(&i);",
  },
  {
    name: "changed through a pointer named before the loop",
    body: "var i = 0u; let p = &i; for (var k = 0u; k < 20u; k++) { y[i] = 1u; *p += 3u; }",
  },
  {
    name: "changed through a pointer named in the loop",
    module: "fn run(p: ptr<function, u32>) { for (var k = 0u; k < 20u; k++) { y[*p] = 1u; let q = p; *q += 3u; } }",
    body: "var i = 0u; run(&i);",
  },
  {
    name: "changed in the loop's condition",
    module: set,
    body: "var i = 0u; var n = 0u; while (set(&i, i + 9u) && n < 9u) { n++; y[i] = 1u; }",
  },
  {
    name: "changed in the condition of break if",
    module: set,
    body: "var i = 0u; loop { y[i] = 1u; continuing { break if set(&i, i + 9u) && i > 90u; } }",
  },
  {
    name: "changed on the right of &&",
    module: set,
    body: "var i = x[0] % 200u; if (x[1] == 7u && set(&i, 2u)) { y[7] = 1u; } y[i] = 3u;",
    x: [150, 0],
  },
  {
    name: "changed on the right of ||",
    module: set,
    body: "var i = 150u; let b = x[1] == 7u || set(&i, 2u); y[i] = u32(b);",
    x: [0, 7],
  },
  {
    name: "changed in a function that may return early",
    module: "fn f(p: ptr<function, u32>, leave: bool) -> u32 { if (leave) { return 1u; } *p = 2u; return 0u; }",
    body: "var i = 150u; let r = f(&i, x[0] == 1u); y[i] = r;",
    x: [1],
  },
  {
    name: "changed in a void function that may return early",
    module: "fn f(p: ptr<function, u32>, leave: bool) { if (leave) { return; } *p = 2u; }",
    body: "var i = 150u; f(&i, x[0] == 1u); y[i] = 1u;",
    x: [1],
  },
  { name: "changed in one branch", body: "var i = 2u; if (x[0] == 1u) { i = 150u; } y[i] = 1u;", x: [1] },
  {
    name: "changed in the first branch, used in the second",
    body: "var i = 150u; if (x[0] == 1u) { i = 2u; } else { y[i] = 1u; }",
    x: [0],
  },
  {
    name: "changed in a case",
    body: "var i = 2u; switch x[0] { case 0u: { i = 3u; } case 1u: { i = 150u; } default: { i = 4u; } } y[i] = 1u;",
    x: [1],
  },
  {
    name: "changed in a case that breaks off",
    body: "var i = 150u; switch x[0] { default: { if (x[1] == 0u) { break; } i = 2u; } } y[i] = 1u;",
    x: [0, 0],
  },
  {
    name: "left unchanged by continue",
    body: "var i = 150u; for (var k = 0u; k < params.a; k++) { if (k < 100u) { continue; } i = 2u; } y[i] = 1u;",
    params: [5],
  },
  {
    name: "left unchanged by break in an unrolled loop",
    body: "var a: array<u32, 3>; var i = 150u; for (var k = 0u; k < 3u; k++) { a[k] = k; if (x[0] == 1u) { break; } i = 2u; } y[i] = a[1];",
    x: [1],
  },
  {
    name: "left unchanged by continue in an unrolled loop",
    body: "var a: array<u32, 3>; var i = 150u; for (var k = 0u; k < 3u; k++) { a[k] = k; if (x[0] == 1u) { continue; } i = 2u; } y[i] = a[1];",
    x: [1],
  },
  {
    name: "a loop that does not turn",
    body: "var i = 150u; for (var k = 0u; k < x[0]; k++) { i = 2u; } y[i] = 1u;",
    x: [0],
  },
  {
    name: "set in the last turn, used in the next",
    body: "var i = 0u; for (var k = 0u; k < 9u; k++) { y[i] = 1u; if (k == 4u) { i = 150u; } else { i = 1u; } }",
  },
  {
    name: "the counter changed by a function",
    module: set,
    body: "for (var i = 0u; i < 8u; i++) { let s = set(&i, i + 7u); y[i] = u32(s); }",
  },
  {
    name: "the counter changed through a let",
    body: "for (var i = 0u; i < 8u; i++) { let p = &i; *p += 50u; y[i] = 1u; }",
  },
  {
    name: "a guarded struct member changed",
    module: "struct S { i: u32, k: u32 }",
    body: "var s = S(group.x, 1u); if (s.i < 8u) { s.i += 150u; y[s.i] = 1u; }",
    groups: [2],
  },
  {
    name: "a guarded component changed",
    body: "var v = vec2<u32>(group.x, 1u); if (v.x < 8u) { v.x += 150u; y[v.x] = 1u; let w = v; y[w.x] = 1u; }",
    groups: [2],
  },
  {
    name: "a vector variable whose lanes were known",
    module: "fn f(p: ptr<function, vec2<u32>>, leave: bool) { if (leave) { return; } *p = vec2<u32>(1u, 2u); }",
    body: "var v = vec2<u32>(100u, 150u); f(&v, x[0] == 1u); y[v.y] = v.x;",
    x: [1],
  },
  // What is read twice.
  {
    name: "memory that changes between the guard and the use",
    body: "if (x[0] < 8u) { x[0] = 200u; y[x[0]] = 1u; }",
    x: [3],
  },
  {
    name: "signed memory that changes between the guard and the use",
    body: "if (bitcast<i32>(x[0]) >= 0 && bitcast<i32>(x[0]) < 8) { x[0] = 200u; y[bitcast<i32>(x[0])] = 1u; }",
    x: [3],
  },
  {
    name: "a workgroup variable that changes after the guard",
    module: "var<workgroup> w: u32; fn bump() { w += 190u; }",
    body: "w = group.x; if (w < 8u) { bump(); y[w] = 1u; }",
    groups: [3],
  },
  {
    name: "a private variable that changes in a call",
    module: "var<private> w: u32; fn bump() -> u32 { w += 190u; return 0u; }",
    body: "w = group.x; if (w < 8u) { y[w + bump()] = 1u; y[bump() + w] = 1u; }",
    groups: [3],
  },
  {
    name: "what a let held when it was guarded",
    body: "let i = x[0]; x[0] = 200u; if (i < 8u) { y[i] = 1u; }",
    x: [3],
    y: [0, 0, 0, 1, 0, 0, 0, 0],
  },
  // Names.
  {
    name: "a guarded name shadowed",
    body: "let i = group.x; if (i < 8u) { let j = i; { let i = x[0]; y[i] = j; } }",
    x: [150],
    groups: [2],
  },
  {
    name: "inner counters of the same name",
    body: "for (var i = 0u; i < 8u; i++) { for (var i = 0u; i < 100u; i += 33u) { y[i] = 1u; } y[i] = 2u; }",
  },
  {
    name: "a function's parameter called like a guarded variable",
    module: "fn f(i: u32) { y[i] = 1u; }",
    body: "let i = group.x; if (i < 8u) { f(i + 150u); }",
    groups: [2],
  },
  // Logic.
  { name: "either side of ||", body: "let i = group.x; if (i < 8u || i > 50u) { y[i] = 1u; }", groups: [60] },
  {
    name: "not and of guards",
    body: "let i = group.x; if (!(i < 8u && x[0] == 1u)) { y[i] = 1u; }",
    groups: [9],
    x: [0],
  },
  {
    name: "guards kept in a bool",
    body: "var i = group.x; let ok = i < 8u; i += 150u; if (ok) { y[i] = 1u; }",
    groups: [3],
  },
  {
    name: "guards kept in a bool variable that changes",
    body: "let i = group.x; var ok = i < 8u; if (x[0] == 1u) { ok = true; } if (ok) { y[i] = 1u; }",
    groups: [20],
    x: [1],
    refused: true,
  },
  {
    name: "returning early",
    body: "let i = group.x; if (i >= 8u) { return; } y[i] = 1u;",
    groups: [20],
    y: fill(8, () => 1),
  },
  {
    name: "leaving by else",
    body: "let i = group.x; if (i < 8u) { x[1] = 1u; } else { return; } y[i] = 1u;",
    groups: [20],
    y: fill(8, () => 1),
  },
  {
    name: "a fact of a turn that is over",
    body: "var i = 0u; loop { if (i >= 8u) { i += 100u; if (i > 500u) { break; } continue; } y[i] = 1u; i++; }",
    y: fill(8, () => 1),
  },
  {
    name: "equality",
    body: "let i = x[0]; if (i == 3u) { y[i] = 1u; } if (i != 3u) { return; } y[i + 4u] = 2u;",
    x: [3],
    y: [0, 0, 0, 1, 0, 0, 0, 2],
  },
  {
    name: "select",
    body: "y[select(group.x, 7u, group.x > 7u)] = 1u; y[select(150u, group.x, x[0] == 1u)] = 1u;",
    groups: [20],
    x: [0],
  },
  // Places.
  {
    name: "a pointer to an element whose index changes",
    body: "var a: array<u32, 8>; var i = group.x; if (i < 8u) { let p = &a[i]; i = 5000000u; *p = 9u; y[0] += *p; }",
    groups: [2],
  },
  {
    name: "an element of the uniform chosen while running",
    body: "for (var i = 0u; i < 9u; i++) { y[i % 8u] = list.v[i % 2u].y + list.v[i].x; }",
    module: "struct List { v: array<vec4<u32>, 2> } @group(0) @binding(2) var<uniform> list: List;",
  },
  {
    name: "local arrays in memory",
    body: "var a: array<u32, 300>; a[x[0]] = 5u; a[bitcast<i32>(x[1])] = 6u; y[0] = a[x[0]] + a[x[2]];",
    x: [5000000, 0x80000000, 0xffffffff],
  },
  {
    name: "workgroup arrays",
    module: "var<workgroup> w: array<vec4<u32>, 4>;",
    body: "w[x[0]].y = 5u; w[x[1]][x[0]] = 6u; y[0] = w[x[0]][x[1]];",
    x: [5000000, 0x80000000],
  },
  {
    name: "an index whose constant part is larger than its whole",
    body: "y[group.y - group.x + 5u] = 1u;",
    groups: [3, 3],
  },
  {
    name: "a proven index with a negative term",
    body: "for (var i = 0u; i < 8u; i++) { y[group.x - i + 7u] = i + 1u; }",
    y: [8, 7, 6, 5, 4, 3, 2, 1],
  },
  {
    name: "accesses that differ by constants in different guards",
    body: "let i = group.x; if (i + 4u < 8u) { y[i + 4u] = 1u; } if (i < 8u) { y[i + 4u] = 2u; y[i] = 3u; }",
    groups: [9],
    refused: true,
  },
  {
    name: "loops with steps, continue and nesting",
    body: "for (var i = 0u; i < params.a; i += 2u) { for (var k = i; k < params.a; k += 3u) { if (k == 4u) { continue; } y[k] += 1u; y[i] += 10u; } }",
    params: [8],
    y: [31, 0, 21, 1, 10, 1, 12, 1],
  },
];

describe("no kernel reaches outside the ranges bound to it", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openCpuDevice({ threads: 1 });
  });
  afterAll(() => device.destroy());

  it.each(attacks)("$name", async (attack) => {
    const { groups, params = [], refused, x = [], y } = attack;
    const words = Uint32Array.from({ length: 8 }, (_, i) => x[i] ?? i + 1);
    const uniform = Uint32Array.from({ length: 8 }, (_, i) => params[i] ?? 1);
    const source = attack.module?.includes("var<uniform>")
      ? code(attack).replace(/@group\(0\) @binding\(2\) var<uniform> params.*\n/, "")
      : code(attack);
    const result = await runInArena(device, source, { x: words, yWords: 8, groups, params: uniform });
    if (refused) expect(result).toBe("refused");
    if (y) expect(result).toEqual(y);
  });

  const element = (type: string, binding = ""): string => `
    @group(0) @binding(0) var<storage, read> x: array<${type}>; ${binding}
    @group(0) @binding(1) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3<u32>) { let v = x[y[0]]; y[1] = 7u; `;

  it("refuses buffers smaller than one element", async () => {
    const read = `${element("vec4<u32>")} y[2] = v.w; }`;
    for (const words of [1, 2, 3])
      expect(await runInArena(device, read, { x: new Uint32Array(words), yWords: 4 })).toBe("refused");
    expect(await runInArena(device, read, { x: u32(1, 2, 3, 4), yWords: 4 })).toEqual([0, 7, 4, 0]);
    const struct = `struct S { n: u32, list: array<vec2<u32>> } ${element("u32").replace("array<u32>;", "S;").replace("x[y[0]]", "x.list[y[0]].y")} y[2] = v; }`;
    expect(await runInArena(device, struct, { x: u32(1, 2, 3), yWords: 4 })).toBe("refused");
    expect(await runInArena(device, struct, { x: u32(1, 2, 3, 4), yWords: 4 })).toEqual([0, 7, 4, 0]);
  });

  it("keeps arrays of large elements and far starts apart", async () => {
    for (const size of [1023, 1024, 1027, 2048, 20000]) {
      const source = `struct Big { words: array<u32, ${size}> } struct All { head: array<u32, ${size}>, list: array<Big> }
        @group(0) @binding(0) var<storage, read> x: All; @group(0) @binding(1) var<storage, read_write> y: array<u32>;
        @compute @workgroup_size(1) fn main() { let n = arrayLength(&x.list); y[0] = n; y[1] = x.list[n - 1u].words[${size - 1}]; y[2] = x.list[y[0] * 5u].words[y[3]]; }`;
      const x = Uint32Array.from({ length: size * 3 + 1 }, (_, i) => i);
      expect(await runInArena(device, source, { x, yWords: 4 })).toEqual([2, size * 3 - 1, size * 2, 0]);
    }
  });

  it("refuses, when recorded, a dispatch that would leave a buffer, and says where", async () => {
    const body = (index: string): Attack => ({ name: "", body: `y[${index}] = 1u;` });
    const fits: [string, Groups, number[], boolean][] = [
      ["group.x", [8], [], true],
      ["group.x", [9], [], false],
      ["group.y * 4u + group.x", [4, 2], [], true],
      ["group.y * 4u + group.x", [5, 2], [], false],
      ["group.x + params.a", [4], [4], true],
      ["group.x + params.a", [4], [5], false],
      ["group.x * params.a + params.b", [2], [4, 3], true],
      ["group.x * params.a + params.b", [2], [5, 3], false],
      ["params.a - 1u", [1], [8], true],
      ["params.a - 1u", [1], [9], false],
      ["params.a - 1u", [1], [0], false],
      ["count.x / 2u", [15], [], true],
      ["count.x / 2u", [16], [], false],
      ["min(group.x, params.a)", [100], [7], true],
      ["min(group.x, params.a)", [100], [8], false],
      ["arrayLength(&y) - 1u - group.x", [8], [], true],
    ];
    for (const [index, groups, params, accepted] of fits) {
      const uniform = Uint32Array.from({ length: 4 }, (_, i) => params[i] ?? 0);
      const result = await runInArena(device, code(body(index)), { x: u32(1), yWords: 8, groups, params: uniform });
      expect([index, params, result !== "refused"]).toEqual([index, params, accepted]);
    }
    const [pipeline] = await device.createPipelines([{ name: "writes", code: code(body("group.x")) }]);
    const [x, y] = [device.createBuffer(32, "x"), device.createBuffer(32, "y")];
    const record = (): unknown => device.record("no", (r) => r.dispatch(pipeline!, [x, y], [9], u32(0, 0, 0, 0)));
    expect(record).toThrow(KernelError);
    expect(record).toThrow(/binding 1 holds 32 bytes, but element 8 would be touched \(36 bytes\)/);
  });

  it("refuses figures that are no counts", async () => {
    const [pipeline] = await device.createPipelines([{ name: "k", code: code({ name: "", body: "y[0] = 1u;" }) }]);
    const [x, y] = [device.createBuffer(1024, "x"), device.createBuffer(1024, "y")];
    const binding = expect.objectContaining({ code: "binding" });
    for (const groups of [[-1], [1.5], [Number.NaN], [65536], [1, 1, 70000], [65535, 65535]] as unknown as Groups[])
      expect(() => device.record("no", (r) => r.dispatch(pipeline!, [x, y], groups, u32(0, 0, 0, 0)))).toThrow(binding);
    for (const [offset, size] of [
      [-256, 16],
      [Number.NaN, 16],
      [0, Number.NaN],
      [0, -4],
      [1024, 4],
      [0.5, 4],
    ] as const)
      expect(() =>
        device.record("no", (r) => r.dispatch(pipeline!, [x, { buffer: y, offset, size }], [1], u32(0, 0, 0, 0))),
      ).toThrow(binding);
    for (const [from, to, size] of [
      [0, 0, -4],
      [Number.NaN, 0, 4],
      [0, 1020, 8],
      [2, 0, 4],
      [0, 0, 6],
    ] as const)
      expect(() => device.record("no", (r) => r.copy(x, from, y, to, size))).toThrow(binding);
    expect(() => device.write(x, Number.NaN, u32(1))).toThrow(binding);
    await expect(device.read(x, 0, -4)).rejects.toThrow(binding);
    await expect(device.read(x, Number.NaN)).rejects.toThrow(binding);
    // The uniform is the binding after the buffers: one buffer too few or too many would put another in its place.
    for (const buffers of [[x], [x, y, y]])
      expect(() => device.record("no", (r) => r.dispatch(pipeline!, buffers, [1], u32(0, 0, 0, 0)))).toThrow(binding);
    expect(() => device.record("no", (r) => r.dispatch(pipeline!, [x, y], [1], u32(0)))).toThrow(binding);
  });
});
