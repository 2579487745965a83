import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { type Example, f32, i32, run, u32 } from "./testing/kernel.ts";

const least = -(2 ** 31);

const examples: Example[] = [
  {
    name: "literals: decimal, hexadecimal, suffixes, exponents",
    body: "y[0] = f32(7); y[1] = f32(0x1Fu); y[2] = 1e3; y[3] = .5; y[4] = 2.; y[5] = 1.5e-2f; y[6] = f32(-3i); y[7] = 12f;",
    y: f32(7, 31, 1000, 0.5, 2, 0.015, -3, 12),
  },
  {
    name: "literals take the type that is asked for",
    body: "let a: f32 = 3; let b: u32 = 4294967295; let c: i32 = -2147483648; var d = 5; d = 6; y[0] = a; y[1] = f32(b >> 4); y[2] = f32(c); y[3] = f32(d);",
    y: f32(3, 268435455, least, 6),
  },
  {
    name: "constant expressions are computed exactly before they get a type",
    body: "const half = 1.0 / 3.0; y[0] = f32(half * 3.0); y[1] = f32((7 / 2) * 2); y[2] = f32(-7 / 2); y[3] = f32(-7 % 3); y[4] = f32((1 << 10) | (3 ^ 1)); y[5] = f32(3 & 6);",
    y: f32(1, 6, -3, -1, 1026, 2),
  },
  {
    name: "conversions f32 → i32, u32 round to zero and stop near the ends of the range",
    body: "for (var i = 0u; i < 6u; i++) { y[i] = i32(x[i]); } y[4] = i32(y[4] >= 2147483520); y[6] = i32(u32(x[0])); y[7] = i32(u32(x[1])); y[8] = i32(vec2<u32>(vec2<f32>(x[4], x[5])).y);",
    x: f32(2.9, -2.9, 0, -0.5, 1e20, -1e20),
    y: i32(2, -2, 0, 0, 1, least, 2, 0, 0),
  },
  {
    name: "conversions i32, u32 → f32 round to nearest",
    body: "for (var i = 0u; i < 4u; i++) { y[i] = f32(x[i]); y[4u + i] = f32(bitcast<i32>(x[i])); } y[8] = vec2<f32>(vec2<u32>(x[1], x[3])).x;",
    x: u32(3, 0xffffffff, 16777217, 0x80000000),
    y: f32(3, 4294967296, 16777216, 2147483648, 3, -1, 16777216, least, 4294967296),
  },
  {
    name: "conversions from and to bool",
    body: "y[0] = u32(x[0] > 2.0); y[1] = u32(bool(x[0])); y[2] = u32(bool(x[1])); y[3] = u32(f32(x[0] == 0.0)); let v = vec3<f32>(vec3<bool>(true, x[0] > 9.0, x[0] > 1.0)); y[4] = u32(v.x + 10.0 * v.y + 100.0 * v.z); y[5] = u32(bool(u32(x[0]))); let w = vec2<u32>(vec2<bool>(vec2<f32>(x[0], x[1]))); y[6] = w.x; y[7] = w.y;",
    x: f32(2.5, 0),
    y: u32(1, 1, 0, 0, 101, 1, 1, 0),
  },
  {
    name: "bitcast keeps the bits, of scalars and vectors",
    body: "y[0] = bitcast<u32>(x[0]); let v = bitcast<vec2<u32>>(vec2<f32>(x[0], x[1])); y[1] = v.y; y[2] = u32(bitcast<f32>(v.x) == x[0]); y[3] = bitcast<u32>(bitcast<i32>(v.y)); y[4] = bitcast<u32>(1.0f);",
    x: f32(-2, 0.1),
    y: u32(0xc0000000, 0x3dcccccd, 1, 0x3dcccccd, 0x3f800000),
  },
  {
    name: "module constants, also of each other, and of vectors",
    module: "const A = 3u; const B: u32 = A * 2u + 1u; const C = 0.5; const V = vec2<f32>(C, 2.0);",
    body: "const LOCAL = B * 10u; y[0] = f32(B); y[1] = f32(LOCAL); y[2] = V.x; y[3] = V.y;",
    y: f32(7, 70, 0.5, 2),
  },
  {
    name: "overrides: defaults, given values, of bool, i32, f32, and of each other",
    module:
      "override A: u32 = 4u; override B = 2.5; override C: bool = true; override D: i32; override E: u32 = A * 3u + 1u; override F = 7; override G: bool;",
    body: "y[0] = f32(A); y[1] = B; y[2] = select(0.0, 1.0, C); y[3] = f32(D); y[4] = f32(E); y[5] = f32(F); y[6] = select(0.0, 1.0, G);",
    constants: { A: 5, D: -3, G: 0 },
    y: f32(5, 2.5, 1, -3, 16, 7, 0),
  },
  {
    name: "overrides size workgroup arrays",
    module: "override N: u32 = 4u; var<workgroup> shared_words: array<u32, N * 2u>;",
    body: "shared_words[N + x[0]] = 9u; y[0] = shared_words[N + 1u]; y[1] = shared_words[0];",
    constants: { N: 8 },
    x: u32(1),
    y: u32(9, 0),
  },
  {
    name: "u32 arithmetic wraps",
    body: "let a = x[0]; let b = x[1]; y[0] = a + b; y[1] = b - a; y[2] = a * b; y[3] = a / b; y[4] = a % b; y[5] = ~b; y[6] = a & b; y[7] = a | b; y[8] = a ^ b;",
    x: u32(0xfffffff0, 48),
    y: u32(32, 64, 0xfffffd00, 89478485, 0, 0xffffffcf, 48, 0xfffffff0, 0xffffffc0),
  },
  {
    name: "i32 arithmetic truncates and wraps",
    body: "let a = x[0]; let b = x[1]; y[0] = a / b; y[1] = a % b; y[2] = -a / b; y[3] = -a % b; y[4] = a * b; y[5] = x[2] + x[3]; y[6] = -x[2]; y[7] = x[2] - 1;",
    x: i32(7, -2, least, least),
    y: i32(-3, 1, 3, -1, -14, 0, least, 2147483647),
  },
  {
    name: "division and remainder by zero, and the one that overflows",
    body: "let zero = x[0]; let a = x[1]; y[0] = a / zero; y[1] = a % zero; y[2] = x[2] / x[3]; y[3] = x[2] % x[3]; let v = vec2<i32>(a, x[2]) / vec2<i32>(zero, x[3]); y[4] = v.x; y[5] = v.y; y[6] = bitcast<i32>(u32(a) / u32(zero)); y[7] = bitcast<i32>(u32(a) % u32(zero));",
    x: i32(0, 77, least, -1),
    y: i32(77, 0, least, 0, 77, least, 77, 0),
  },
  {
    name: "integer division of vectors is lane by lane",
    body: "let q = vec4<u32>(x[0], x[1], x[2], x[3]) / vec4<u32>(x[3], x[3], x[0], x[1]); let r = vec3<u32>(x[0], x[1], x[2]) % 7u; y[0] = q.x; y[1] = q.y; y[2] = q.z; y[3] = q.w; y[4] = r.x; y[5] = r.y; y[6] = r.z;",
    x: u32(100, 0xffffffff, 41, 3),
    y: u32(33, 1431655765, 0, 0, 2, 0xffffffff % 7, 6),
  },
  {
    name: "division and remainder by constants",
    body: "y[0] = x[0] / 8u; y[1] = x[0] % 8u; y[2] = x[0] / 7u; y[3] = x[0] % 1u; y[4] = x[0] / 1u; let s = bitcast<i32>(x[1]); y[5] = bitcast<u32>(s / 4); y[6] = bitcast<u32>(s % 4); y[7] = bitcast<u32>(s / -1);",
    x: u32(0xfffffffe, 0xfffffff5),
    y: u32(0x1fffffff, 6, 613566756, 0, 0xfffffffe, 0xfffffffe, 0xfffffffd, 11),
  },
  {
    name: "shifts use the low five bits, i32 keeps its sign",
    body: "let by = x[1]; y[0] = x[0] << 4u; y[1] = x[0] >> 4u; y[2] = bitcast<u32>(bitcast<i32>(x[0]) >> 4u); y[3] = x[0] << (by & 31u); let v = vec4<u32>(x[0]) >> vec4<u32>(0u, 4u, 8u, 31u); y[4] = v.x; y[5] = v.y; y[6] = v.z; y[7] = v.w; let w = vec2<i32>(-16, 16) >> vec2<u32>(by - 31u, by - 30u); y[8] = bitcast<u32>(w.x); y[9] = bitcast<u32>(w.y); y[10] = 1u << (by - 2u);",
    x: u32(0xf1234567, 33),
    y: u32(
      0x12345670,
      0x0f123456,
      0xff123456,
      0xe2468ace,
      0xf1234567,
      0x0f123456,
      0x00f12345,
      1,
      0xfffffffc,
      2,
      0x80000000,
    ),
  },
  {
    name: "comparison of u32, i32, f32",
    body: "let a = x[0]; let b = x[1]; let s = bitcast<i32>(a); let t = bitcast<i32>(b); y[0] = u32(a < b) + 2u * u32(a <= b) + 4u * u32(a > b) + 8u * u32(a >= b) + 16u * u32(a == b) + 32u * u32(a != b); y[1] = u32(s < t) + 2u * u32(s <= t) + 4u * u32(s > t) + 8u * u32(s >= t); let f = f32(s); let g = f32(t); y[2] = u32(f < g) + 2u * u32(f <= g) + 4u * u32(f > g) + 8u * u32(f >= g) + 16u * u32(f == g) + 32u * u32(f != g);",
    x: u32(0xffffffff, 1),
    y: u32(4 + 8 + 32, 1 + 2, 1 + 2 + 32),
  },
  {
    name: "comparison of vectors, and select by them",
    body: "let a = vec3<f32>(x[0], x[1], x[2]); let b = vec3<f32>(2.0); let least = select(b, a, a < b); y[0] = least.x; y[1] = least.y; y[2] = least.z; let e = select(vec3<f32>(0.0), vec3<f32>(1.0), (a == b) | !(a <= b)); y[3] = e.x; y[4] = e.y; y[5] = e.z;",
    x: f32(1, 2, 3),
    y: f32(1, 2, 2, 0, 1, 1),
  },
  {
    name: "logical operators, not short-circuiting ones too",
    body: "let p = x[0] > 1u; let q = x[1] > 1u; y[0] = u32(p && q); y[1] = u32(p || q); y[2] = u32(!p); y[3] = u32(p & q); y[4] = u32(p | q); y[5] = u32(p != q); y[6] = u32(p == q); let b = true; y[7] = u32((b && p) || q);",
    x: u32(2, 0),
    y: u32(0, 1, 0, 0, 1, 1, 0, 1),
  },
  {
    name: "&& and || run their right side only when asked",
    module: "fn count(n: ptr<function, u32>, answer: bool) -> bool { *n += 1u; return answer; }",
    body: "var n = 0u; let yes = x[0] == 5u; y[0] = u32(yes && count(&n, true)); y[1] = n; y[2] = u32(!yes && count(&n, true)); y[3] = n; y[4] = u32(yes || count(&n, false)); y[5] = n; y[6] = u32(!yes || count(&n, true)); y[7] = n;",
    x: u32(5),
    y: u32(1, 1, 0, 1, 1, 1, 1, 2),
  },
  {
    name: "precedence and parentheses",
    body: "let a = x[0]; y[0] = a + a * a; y[1] = (a + a) * a; y[2] = a - a - a; y[3] = a * a / a % 2u; y[4] = a << 1u; y[5] = u32(a + 1u > a && a * 2u != a); y[6] = u32(-f32(a) * -2.0); y[7] = ~a & 0xfu;",
    x: u32(3),
    y: u32(12, 18, 0xfffffffd, 1, 6, 1, 6, 12),
  },
  {
    name: "f32 arithmetic and remainder",
    body: "let a = x[0]; let b = x[1]; y[0] = a + b; y[1] = a - b; y[2] = a * b; y[3] = a / b; y[4] = a % b; y[5] = -a % b; let v = vec2<f32>(a, b) % vec2<f32>(b, 2.0); y[6] = v.x; y[7] = v.y; y[8] = -b;",
    x: f32(7.5, 2),
    y: f32(9.5, 5.5, 15, 3.75, 1.5, -1.5, 1.5, 0, -2),
  },
  ...[2, 3, 4].map(
    (n): Example => ({
      name: `vec${n}: constructors, arithmetic with vectors and scalars`,
      body: `var a = vec${n}<f32>(); for (var i = 0u; i < 1u; i++) { a = vec${n}<f32>(x[0]); }
        let b = vec${n}<f32>(${["x[1]", "x[2]", "x[3]", "x[4]"].slice(0, n).join()});
        let sum = (a + b) * 2.0 - b / a + 1.0 / b - -a;
        ${["x", "y", "z", "w"]
          .slice(0, n)
          .map((lane, i) => `y[${i}] = sum.${lane};`)
          .join(" ")}`,
      x: f32(2, 1, 2, 4, 8),
      y: f32(...[1, 2, 4, 8].slice(0, n).map((b) => (2 + b) * 2 - b / 2 + 1 / b + 2)),
    }),
  ),
  {
    name: "vectors made of vectors; short names",
    body: "let a = vec2f(x[0], x[1]); let b = vec4f(a, a * 2.0); let c = vec4f(x[2], a.yx, 7.0); let d = vec3f(1.0, a); let e = vec4<f32>(d, x[2]); let g = vec2(x[0], 1.5); y[0] = b.z; y[1] = b.w; y[2] = c.y; y[3] = c.z; y[4] = d.z; y[5] = e.w; y[6] = e.x; y[7] = g.y;",
    x: f32(1, 2, 3),
    y: f32(2, 4, 2, 1, 2, 3, 1, 1.5),
  },
  {
    name: "swizzles by xyzw and rgba, repeated and reordered",
    body: "let v = vec4<f32>(x[0], x[1], x[2], x[3]); let a = v.wzyx; let b = v.rgb; let c = v.xxy; let d = v.zw; y[0] = a.x; y[1] = a.w; y[2] = b.z; y[3] = c.y; y[4] = c.z; y[5] = d.y; y[6] = v.bgra.x; y[7] = v.yyyy.zw.x;",
    x: f32(1, 2, 3, 4),
    y: f32(4, 1, 3, 1, 2, 4, 3, 2),
  },
  {
    name: "components are assigned by name and by index",
    body: "var v = vec4<f32>(); v.x = x[0]; v.y = v.x * 2.0; v[2] = 5.0; v.a = 7.0; v.z += 1.0; v[0] *= 3.0; y[0] = v.x; y[1] = v.y; y[2] = v.z; y[3] = v[3]; var n = vec3<u32>(1u); n.y <<= 4u; n.z |= 6u; y[4] = f32(n.x + n.y + n.z); var b = vec2<bool>(false); b.y = x[0] > 0.0; y[5] = select(0.0, 1.0, b.y) + select(0.0, 2.0, b.x);",
    x: f32(2),
    y: f32(6, 4, 6, 7, 24, 1),
  },
  {
    name: "compound assignment in all operators",
    body: "var a = x[0]; a += 3u; y[0] = a; a -= 1u; y[1] = a; a *= 5u; y[2] = a; a /= 2u; y[3] = a; a %= 16u; y[4] = a; a <<= 3u; y[5] = a; a >>= 1u; y[6] = a; a |= 3u; y[7] = a; a &= 0x2eu; y[8] = a; a ^= 0xffu; y[9] = a; a++; y[10] = a; a--; a--; y[11] = a;",
    x: u32(10),
    y: u32(13, 12, 60, 30, 14, 112, 56, 59, 42, 213, 214, 212),
  },
  {
    name: "compound assignment reads its left side before its right side runs",
    module: "fn bump(p: ptr<function, u32>) -> u32 { *p = 100u; return 1u; }",
    body: "var a = x[0]; a += bump(&a); y[0] = a; var b = x[0]; let c = b + bump(&b); y[1] = c; y[2] = b; y[3] = bump(&b) + b;",
    x: u32(7),
    y: u32(8, 8, 100, 101),
  },
  {
    name: "let keeps what a variable held",
    body: "var a = x[0]; let before = a; let twice = a * 2u; a = 50u; y[0] = before; y[1] = twice; y[2] = a; { let a = 9u; y[3] = a; } y[4] = a;",
    x: u32(4),
    y: u32(4, 8, 50, 9, 50),
  },
  {
    name: "let keeps what memory held",
    body: "y[0] = x[0]; let before = y[0]; y[0] = 5u; y[1] = before; let v = vec2<u32>(y[0], y[1]); y[0] = 6u; y[2] = v.x; y[0] = v.y;",
    x: u32(4),
    y: u32(4, 4, 5),
  },
  {
    name: "a discarded value is computed",
    module: "fn bump(p: ptr<function, u32>) -> u32 { *p += 1u; return *p; }",
    body: "var a = x[0]; _ = bump(&a); _ = a; y[0] = a;",
    x: u32(1),
    y: u32(2),
  },
];

describeOnDevices("values and operators", (getDevice) => {
  it.each(examples)("$name", async (example) => {
    expect(await run(getDevice(), example)).toEqual([...example.y]);
  });
});
