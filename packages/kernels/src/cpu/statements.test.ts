import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { type Example, f32, i32, run, u32 } from "./testing/kernel.ts";

const countTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const examples: Example[] = [
  {
    name: "if, else if, else",
    module:
      "fn kind(v: u32) -> u32 { var r = 0u; if (v == 0u) { r = 10u; } else if (v < 3u) { r = 20u; } else if v < 5u { r = 30u; } else { r = 40u; } return r; }",
    body: "for (var i = 0u; i < 6u; i++) { y[i] = kind(x[i]); }",
    x: u32(0, 1, 2, 3, 4, 5),
    y: u32(10, 20, 20, 30, 30, 40),
  },
  {
    name: "both branches assign the same variables, and neither does",
    body: "var a = 1u; var b = 2u; if (x[0] > 3u) { a = b; b = 9u; } else { b = a; } y[0] = a; y[1] = b; if (x[0] > 100u) {} else {} y[2] = a + b;",
    x: u32(5),
    y: u32(2, 9, 11),
  },
  {
    name: "conditions known while compiling leave one branch",
    module: "override FAST: bool = false; const N = 4u;",
    body: "if (FAST) { y[0] = 1u; } else { y[0] = 2u; } if (N > 3u && x[0] == 1u) { y[1] = 3u; } if (!FAST || false) { y[2] = 4u; }",
    x: u32(1),
    y: u32(2, 3, 4),
  },
  {
    name: "for, while and loop with run-time bounds",
    body: "var s = 0u; for (var i = 0u; i < x[0]; i++) { s += i; } y[0] = s; var j = x[0]; while (j > 0u) { j -= 2u; s += 100u; } y[1] = s; loop { s += 1u; if (s % 16u == 0u) { break; } } y[2] = s; for (; s < x[1];) { s *= 2u; } y[3] = s;",
    x: u32(10, 5000),
    y: u32(45, 545, 560, 8960),
  },
  {
    name: "counting down, by two, and by shifts",
    body: "var n = 0u; for (var i = i32(x[0]); i >= 0; i--) { y[n] = u32(i); n++; } for (var i = 1u; i <= x[0] * 8u; i <<= 1u) { y[n] = i; n++; } for (var s = x[0] / 2u; s > 0u; s >>= 1u) { y[n] = s; n++; } for (var i = 0u; i < 7u; i += 3u) { y[n] = i; n++; }",
    x: u32(4),
    y: u32(4, 3, 2, 1, 0, 1, 2, 4, 8, 16, 32, 2, 1, 0, 3, 6),
  },
  {
    name: "continue and break in real loops",
    body: "var s = 0u; for (var i = 0u; i < x[0]; i++) { if (i % 3u == 0u) { continue; } if (i > 10u) { break; } s = s * 10u + i % 10u; } y[0] = s; var k = 0u; while (true) { k++; if (k < x[1]) { continue; } if (k > 2u * x[1]) { break; } y[1] = k; }",
    x: u32(100, 7),
    y: u32(1245780, 14),
  },
  {
    name: "continue and break in unrolled loops",
    body: "var acc: array<u32, 6>; for (var i = 0u; i < 6u; i++) { if (i == 1u) { continue; } if (x[i] == 9u) { continue; } if (x[i] == 7u) { break; } acc[i] = x[i] + 1u; } for (var i = 0u; i < 6u; i++) { y[i] = acc[i]; }",
    x: u32(1, 2, 9, 4, 7, 6),
    y: u32(2, 0, 0, 5, 0, 0),
  },
  {
    name: "nested loops, one unrolled, break and continue of each",
    body: "var acc: array<u32, 4>; for (var k = 0u; k < x[0]; k++) { if (k == 2u) { continue; } for (var i = 0u; i < 4u; i++) { if (i > k) { break; } if (i == 1u) { continue; } acc[i] += k; } if (k == 5u) { break; } } for (var i = 0u; i < 4u; i++) { y[i] = acc[i]; }",
    x: u32(50),
    y: u32(0 + 1 + 3 + 4 + 5, 0, 3 + 4 + 5, 3 + 4 + 5),
  },
  {
    name: "continuing runs after continue; break if ends the loop",
    body: "var i = 0u; var odd = 0u; var turns = 0u; loop { if (i % 2u == 0u) { continue; } odd += i; continuing { i += 1u; turns += 1u; break if i >= x[0]; } } y[0] = i; y[1] = odd; y[2] = turns;",
    x: u32(6),
    y: u32(6, 9, 6),
  },
  {
    name: "inner loops may use the names of outer ones",
    body: "var s = 0u; for (var i = 0u; i < x[0]; i++) { for (var i = 0u; i < 3u; i++) { s += i; } s += i * 100u; } y[0] = s; let i = 5u; y[1] = i;",
    x: u32(3),
    y: u32(309, 5),
  },
  {
    name: "a variable declared in a loop with a value starts over each turn",
    body: "for (var i = 0u; i < x[0]; i++) { var s = 0u; s += i + 1u; var t = array<u32, 3>(); t[1] += s; y[i] = s + t[1] * 10u + t[2]; }",
    x: u32(4),
    y: u32(11, 22, 33, 44),
  },
  {
    name: "loops that never turn",
    body: "y[0] = 1u; for (var i = 5u; i < 5u; i++) { y[0] = 2u; } for (var i = x[0]; i < 2u; i++) { y[0] = 3u; } while (x[0] < 2u) { y[0] = 4u; }",
    x: u32(9),
    y: u32(1),
  },
  {
    name: "switch: several selectors, default in the middle, break, no fall-through",
    module:
      "const FOUR = 4u; fn pick(v: u32) -> u32 { var r = 1u; switch (v) { case 0u, 1u: { r = 10u; } case 2u { r = 20u; if (r == 20u) { break; } r = 21u; } default: { r = 99u; } case FOUR: { return 44u; } case 5u, 6u {} } return r; }",
    body: "for (var i = 0u; i < 8u; i++) { y[i] = pick(x[i]); }",
    x: u32(...countTo(8)),
    y: u32(10, 10, 20, 99, 44, 1, 1, 99),
  },
  {
    name: "switch on i32, with default among selectors, and on a constant",
    module: "override MODE: i32 = 2;",
    body: "for (var i = 0u; i < 3u; i++) { switch x[i] { case -1, default: { y[i] = 5; } case 3: { y[i] = 7; } } } switch (MODE) { case 1: { y[3] = 1; } case 2: { y[3] = 2; } default: { y[3] = 3; } }",
    x: i32(-1, 3, 12),
    y: i32(5, 7, 5, 2),
  },
  {
    name: "switch inside loops: break leaves the switch, continue the turn",
    body: "var s = 0u; for (var i = 0u; i < x[0]; i++) { switch (i % 4u) { case 0u: { continue; } case 1u: { s += 1u; break; } case 2u: { for (var k = 0u; k < 9u; k++) { if (k == 3u) { break; } s += 10u; } } default: { s += 100u; } } s += 1000u; } y[0] = s;",
    x: u32(8),
    y: u32(2 * (1 + 30 + 100) + 6000),
  },
  {
    name: "functions: early returns in branches and loops",
    module:
      "fn find(wanted: u32, n: u32) -> i32 { if (n == 0u) { return -2; } for (var i = 0u; i < n; i++) { for (var k = 0u; k < 2u; k++) { if (x[i] == wanted + k) { return i32(i * 10u + k); } } } return -1; }",
    body: "y[0] = find(7u, 4u); y[1] = find(8u, 4u); y[2] = find(100u, 4u); y[3] = find(7u, 0u) + find(4u, 4u);",
    x: u32(4, 9, 7, 3),
    y: i32(20, 11, -1, -2),
  },
  {
    name: "functions: results of every path, without else",
    module:
      "fn grade(v: u32) -> u32 { if (v > 8u) { return 3u; } else if (v > 4u) { return 2u; } else { return 1u; } } fn sign_of(v: i32) -> i32 { switch v { case 0: { return 0; } default: { if (v < 0) { return -1; } return 1; } } } fn spin(n: u32) -> u32 { var i = n; loop { if (i > 20u) { return i; } i += 7u; } }",
    body: "y[0] = grade(x[0]); y[1] = grade(x[1]); y[2] = grade(x[2]); y[3] = u32(sign_of(-4) + 2); y[4] = u32(sign_of(i32(x[0]))); y[5] = spin(x[1]);",
    x: u32(9, 5, 1),
    y: u32(3, 2, 1, 1, 1, 26),
  },
  {
    name: "functions without a result may return early; others call others",
    module:
      "fn put(i: u32, v: u32) { if (v == 0u) { return; } y[i] = twice(v); } fn twice(v: u32) -> u32 { return add(v, v); } fn add(a: u32, b: u32) -> u32 { let a2 = a; return a2 + b; }",
    body: "y[0] = 1u; y[1] = 1u; put(0u, x[0]); put(1u, x[1]);",
    x: u32(0, 21),
    y: u32(1, 42),
  },
  {
    name: "parameters are values: the caller's variable stays",
    module:
      "fn f(a: u32, v: vec2<f32>) -> f32 { var b = a; b += 5u; var w = v; w.x = 100.0; return f32(b) + w.x + v.x; }",
    body: "var a = 1u; var v = vec2<f32>(x[0], 2.0); y[0] = f(a, v); y[1] = f32(a); y[2] = v.x;",
    x: f32(3),
    y: f32(109, 1, 3),
  },
  {
    name: "pointers to scalars, vectors, arrays and members",
    module: `struct Pair { a: u32, b: vec2<u32> }
      fn add(p: ptr<function, u32>, v: u32) { *p += v; }
      fn swap(p: ptr<function, vec2<u32>>) { let t = (*p).x; (*p).x = (*p).y; (*p).y = t; }
      fn fill(p: ptr<function, array<u32, 4>>, n: u32) { for (var i = 0u; i < n; i++) { (*p)[i] = i + 1u; } }
      fn reset(p: ptr<function, Pair>) -> Pair { let old = *p; *p = Pair(7u, vec2<u32>(8u)); return old; }
      fn relay(p: ptr<function, u32>) { add(p, 10u); let q = p; add(q, 100u); }`,
    body: `var s = x[0]; add(&s, 2u); relay(&s); y[0] = s;
      var v = vec2<u32>(x[0], x[1]); swap(&v); y[1] = v.x; y[2] = v.y;
      var a: array<u32, 4>; fill(&a, x[2]); y[3] = a[0] + a[1] * 10u + a[2] * 100u + a[3] * 1000u;
      var p = Pair(x[0], vec2<u32>(x[1], 3u)); let old = reset(&p); y[4] = old.a + old.b.y; y[5] = p.a + p.b.x;
      var b: array<u32, 3>; let e = &b[1]; *e = 5u; *e += 1u; y[6] = b[1]; let l = &s; *l = 1u; y[7] = s;`,
    x: u32(1, 2, 3),
    y: u32(113, 2, 1, 321, 4, 15, 6, 1),
  },
  {
    name: "a pointer stays where it was taken",
    body: "var a: array<u32, 8>; var i = x[0]; let p = &a[i]; i = 5u; *p = 9u; y[0] = a[1]; y[1] = a[5]; y[2] = i;",
    x: u32(1),
    y: u32(9, 0, 5),
  },
  {
    name: "structs: locals, copies, nesting, members of members",
    module: "struct In { a: f32, v: vec3<f32> } struct Out { i: In, n: u32, list: array<f32, 2> }",
    body: "var o = Out(In(x[0], vec3<f32>(1.0, 2.0, 3.0)), 4u, array<f32, 2>(5.0, 6.0)); let copy = o; o.i.v.y = 20.0; o.i.a += 1.0; o.list[1] = o.i.v.y; var z: Out; z.i = o.i; y[0] = copy.i.v.y; y[1] = o.i.v.y; y[2] = o.list[1] + o.list[0]; y[3] = z.i.a; y[4] = f32(z.n) + z.list[0]; y[5] = f32(copy.n) + copy.i.v.z;",
    x: f32(10),
    y: f32(2, 20, 25, 11, 0, 7),
  },
  {
    name: "structs as parameters and results",
    module:
      "struct Acc { a: vec2<i32>, b: i32 } fn step(acc: Acc, v: i32) -> Acc { if (v < 0) { return Acc(acc.a - v, acc.b); } return Acc(acc.a + vec2<i32>(v, 0), acc.b + 1); }",
    body: "var acc = Acc(); for (var i = 0u; i < 4u; i++) { acc = step(acc, x[i]); } y[0] = acc.a.x; y[1] = acc.a.y; y[2] = acc.b;",
    x: i32(5, -2, 7, -1),
    y: i32(15, 3, 2),
  },
  {
    name: "a value made of the place it is stored to",
    module: "struct Pair { a: u32, b: u32 } var<workgroup> pairs: array<Pair, 2>;",
    body: "var p = Pair(x[0], x[1]); p = Pair(p.b, p.a); y[0] = p.a; y[1] = p.b; pairs[x[2]] = p; pairs[x[2]] = Pair(pairs[x[2]].b, pairs[x[2]].a); y[2] = pairs[0].a; y[3] = pairs[0].b;",
    x: u32(1, 2, 0),
    y: u32(2, 1, 1, 2),
  },
  {
    name: "local arrays with constant and with run-time indices",
    body: "var a = array<u32, 4>(1u, 2u, 3u, 4u); a[2] = x[0]; y[0] = a[2] + a[3]; var b: array<u32, 4>; for (var i = 0u; i < 4u; i++) { b[(i + x[1]) % 4u] = a[i]; } y[1] = b[0]; y[2] = b[1]; y[3] = b[x[1]]; let c = a; a[0] = 50u; y[4] = c[0]; let d = array(x[0], 2u); y[5] = d[0];",
    x: u32(9, 1),
    y: u32(13, 4, 1, 1, 1, 9),
  },
  {
    name: "arrays of arrays, of structs, of vectors",
    module: "struct P { v: vec2<f32>, w: f32 }",
    body: "var m: array<array<f32, 3>, 2>; for (var r = 0u; r < 2u; r++) { for (var c = 0u; c < 3u; c++) { m[r][c] = f32(r * 10u + c); } } y[0] = m[1][2]; var t: array<P, 3>; t[1].v.y = x[0]; t[1].w = 3.0; let i = u32(x[1]); t[i].v.x = 8.0; y[1] = t[1].v.y + t[1].w; y[2] = t[2].v.x; var n: array<vec4<f32>, 2>; n[1].z = 4.0; n[i - 1u][2] += 1.0; y[3] = n[1].z; m[i - 1u] = m[0]; y[4] = m[1][2];",
    x: f32(5, 2),
    y: f32(12, 8, 8, 5, 2),
  },
  {
    name: "large local arrays live in memory, zeroed",
    body: "var a: array<u32, 300>; for (var i = 0u; i < 300u; i++) { a[i] += i; } y[0] = a[x[0]] + a[299]; y[1] = a[0];",
    x: u32(17),
    y: u32(316, 0),
  },
  {
    name: "workgroup and private variables start at zero in every workgroup",
    module:
      "struct S { a: u32, b: vec3<f32> } var<workgroup> words: array<u32, 3>; var<workgroup> s: S; var<private> p: u32; fn touch() { p += 1u; words[p] += 7u; s.b.z += 1.0; }",
    body: "touch(); touch(); workgroupBarrier(); storageBarrier(); y[group.x] = words[0] + words[1] + words[2] * 10u + p * 100u + u32(s.b.z) * 1000u + workgroupUniformLoad(&words[1]);",
    groups: [3],
    y: u32(2284, 2284, 2284),
  },
  {
    name: "barriers order what lanes write",
    module: "override W: u32 = 1u; var<workgroup> w: array<u32, W>;",
    body: "w[0] = x[0]; workgroupBarrier(); y[0] = w[0];",
    x: u32(3),
    y: u32(3),
  },
  {
    name: "alias, const arrays of computed size, comments of both kinds",
    module: "alias Row = array<vec2f, N * 2>; const N = 2; /* a /* nested */ comment\n over lines */ // to the end",
    body: "var r: Row; r[3] = vec2f(x[0], 2.0); // here\n y[0] = r[3].x + /* there */ r[3].y;",
    x: f32(1),
    y: f32(3),
  },
];

describeOnDevices("statements, functions and compound types", (getDevice) => {
  it.each(examples)("$name", async (example) => {
    expect(await run(getDevice(), example)).toEqual([...example.y]);
  });
});
