import { describe, expect, it } from "vitest";
import { KernelError } from "../device.ts";
import { lowerKernel } from "./lower/kernel.ts";

/** The error's place is where `¦` stands in the source. */
interface Refused {
  readonly name: string;
  readonly code: string;
  readonly says: RegExp;
}

const io =
  "@group(0) @binding(0) var<storage, read> x: array<u32>;\n@group(0) @binding(1) var<storage, read_write> y: array<u32>;\n";
const main = "@compute @workgroup_size(1)\nfn main(@builtin(workgroup_id) group: vec3<u32>) {\n";
const inside = (statements: string, module = ""): string => `${io}${module}\n${main}  ${statements}\n}\n`;
const deep = (n: number, open: string, close: string): string => open.repeat(n) + close.repeat(n);

const refused: Refused[] = [
  // Outside the subset.
  { name: "enable", code: "¦enable f16;", says: /directives/ },
  { name: "requires", code: "// first\n  ¦requires readonly_and_readwrite_storage_textures;", says: /directives/ },
  { name: "diagnostic", code: "¦diagnostic(off, derivative_uniformity);", says: /directives/ },
  { name: "f16 literals", code: inside("let a = ¦1.0h;"), says: /f16/ },
  { name: "f16 types", code: inside("var a: ¦f16;"), says: /f16 is outside/ },
  { name: "vectors of f16", code: inside("var a: vec4<¦f16>;"), says: /f16 is outside/ },
  { name: "matrices", code: inside("var a: ¦mat4x4<f32>;"), says: /mat4x4/ },
  { name: "matrix constructors", code: inside("let a = ¦mat2x2<f32>(1.0, 0.0, 0.0, 1.0);"), says: /mat2x2/ },
  { name: "atomics", code: inside("y[0] = 1u;", "var<workgroup> a: ¦atomic<u32>;"), says: /atomic/ },
  { name: "textures", code: "@group(0) @binding(0) ¦var t: texture_2d<f32>;", says: /address space/ },
  {
    name: "private variables with values",
    code: inside("y[0] = a;", "¦var<private> a: u32 = 3u;"),
    says: /a: module variables/,
  },
  {
    name: "groups but the first",
    code: "@group(1) @binding(0) ¦var<storage, read> x: array<u32>;",
    says: /@group\(0\)/,
  },
  { name: "write-only storage", code: "¦var<storage, write> x: array<u32>;", says: /access mode/ },
  { name: "struct members with attributes", code: "struct S { ¦@size(16) a: u32 }", says: /@size/ },
  { name: "variables in other spaces inside functions", code: inside("¦var<private> a: u32;"), says: /private/ },
  { name: "subgroups", code: inside("y[0] = ¦subgroupAdd(x[0]);"), says: /subgroupAdd/ },
  { name: "built-in functions that are not there", code: inside("let a = ¦asin(1.0);"), says: /asin/ },
  { name: "const_assert", code: "¦const_assert 1 < 2;", says: /const_assert/ },
  // The entry point.
  { name: "no workgroup size", code: "@compute fn ¦main() {}", says: /workgroup_size/ },
  { name: "several lanes", code: "@compute @workgroup_size(¦64) fn main() {}", says: /one lane/ },
  {
    name: "several lanes in y",
    code: "override W: u32; @compute @workgroup_size(W, ¦2) fn main() {}",
    says: /one lane/,
  },
  {
    name: "lanes made from an override",
    code: "override W: u32; @compute @workgroup_size(W ¦* 2u) fn main() {}",
    says: /one lane/,
  },
  {
    name: "other built-in values",
    code: "@compute @workgroup_size(1) fn main(@builtin(subgroup_size) ¦s: u32) {}",
    says: /subgroup_size/,
  },
  // Names.
  { name: "unknown names", code: inside("y[0] = ¦z;"), says: /z is not declared/ },
  { name: "unknown functions", code: inside("y[0] = ¦f(1u);"), says: /f is outside/ },
  { name: "unknown types", code: inside("var a: ¦Thing;"), says: /Thing/ },
  { name: "unknown members", code: inside("let s = S(1u); y[0] = s¦.b;", "struct S { a: u32 }"), says: /no member b/ },
  { name: "components past the end", code: inside("let v = vec2<u32>(1u); y[0] = v¦.z;"), says: /no component z/ },
  { name: "mixed component names", code: inside("let v = vec4<u32>(1u); y[0] = v¦.xg;"), says: /xg/ },
  { name: "names out of scope", code: inside("{ let a = 1u; } y[0] = ¦a;"), says: /a is not declared/ },
  {
    name: "a function's parameters outside it",
    code: inside("y[0] = ¦p;", "fn f(p: u32) {}"),
    says: /p is not declared/,
  },
  {
    name: "callers' variables in functions",
    code: inside("let a = 1u; y[0] = f();", "fn f() -> u32 { return ¦a; }"),
    says: /a is not declared/,
  },
  { name: "a function declared twice", code: "fn f() {} fn ¦f() {}", says: /declared twice/ },
  { name: "a name twice in one scope", code: inside("let a = 1u; ¦let a = 2u;"), says: /a is declared twice/ },
  { name: "a member twice", code: inside("var s: S;", "struct S { a: u32, ¦a: f32 }"), says: /two members called a/ },
  // Types.
  { name: "adding different types", code: inside("y[0] = x[0] ¦+ 1.0;"), says: /1 is no u32|no operator/ },
  { name: "adding u32 and i32", code: inside("y[0] = x[0] ¦+ 1i;"), says: /u32 and i32/ },
  {
    name: "vectors of different sizes",
    code: inside("let a = vec2<f32>() ¦+ vec3<f32>();"),
    says: /vec2<f32> and vec3<f32>/,
  },
  { name: "bool as a number", code: inside("y[0] = true ¦+ 1u;"), says: /bool/ },
  { name: "adding bools", code: inside("let a = true ¦+ false;"), says: /bool/ },
  { name: "a number as a condition", code: inside("if (x¦[0]) {}"), says: /expected a bool/ },
  { name: "&& of numbers", code: inside("let a = x¦[0] && true;"), says: /expected a bool/ },
  { name: "storing another type", code: inside("y[0] ¦= 1.5;"), says: /1.5 is no u32/ },
  { name: "storing i32 in u32", code: inside("y[0] ¦= -1i;"), says: /u32 cannot hold i32/ },
  { name: "declaring another type", code: inside("¦let a: f32 = 1u;"), says: /a is f32, its value u32/ },
  { name: "negative u32", code: inside("¦let a: u32 = -1;"), says: /-1 is no u32/ },
  { name: "literals that are too large", code: inside("let a = ¦4294967296u;"), says: /4294967296 is no u32/ },
  {
    name: "i32 literals that are too large",
    code: inside("var a = 1i; a ¦= 2147483648;"),
    says: /2147483648 is no i32/,
  },
  { name: "floats that are too large", code: inside("let a = ¦1e39f;"), says: /no f32/ },
  { name: "shifts by i32", code: inside("y[0] = x[0] ¦<< 1i;"), says: /cannot shift/ },
  { name: "shifts of floats", code: inside("let a = 1.5f ¦<< 1u;"), says: /cannot shift/ },
  { name: "negation of u32", code: inside("y[0] = ¦-x[0];"), says: /operator -/ },
  { name: "inversion of floats", code: inside("let a = ¦~1.5f;"), says: /operator ~/ },
  { name: "bitwise and of floats", code: inside("let a = 1.5f ¦& 2.5f;"), says: /operator &/ },
  { name: "bitwise and of literals with points", code: inside("let a = 1.5 ¦& 1;"), says: /cannot compute/ },
  { name: "bitcast between sizes", code: inside("let a = ¦bitcast<vec2<f32>>(x[0]);"), says: /bitcast/ },
  {
    name: "wrong argument types",
    code: inside("y[0] = ¦f(1.0f);", "fn f(a: u32) -> u32 { return a; }"),
    says: /expected u32, found f32/,
  },
  {
    name: "another struct as argument",
    code: inside("f¦(B(1u));", "struct A { a: u32 } struct B { a: u32 } fn f(a: A) {}").replace("f¦(", "¦f("),
    says: /expected A, found B/,
  },
  {
    name: "another type returned",
    code: inside("y[0] = f();", "fn f() -> u32 { ¦return 1.0f; }"),
    says: /returns u32, found f32/,
  },
  { name: "nothing returned", code: inside("y[0] = f();", "fn ¦f() -> u32 { }"), says: /may end without/ },
  {
    name: "nothing returned on one path",
    code: inside("y[0] = f();", "fn ¦f() -> u32 { if (x[0] > 1u) { return 1u; } }"),
    says: /may end without/,
  },
  {
    name: "a loop that may end without a value",
    code: inside("y[0] = f();", "fn ¦f() -> u32 { loop { if (x[0] > 1u) { break; } return 1u; } }"),
    says: /may end without/,
  },
  { name: "the value of a function without one", code: inside("y[0] = ¦f();", "fn f() {}"), says: /gives no value/ },
  { name: "select by a number", code: inside("y[0] = ¦select(1u, 2u, x[0]);"), says: /bool/ },
  // Numbers of arguments.
  { name: "too few arguments", code: inside("y[0] = ¦min(x[0]);"), says: /min takes 2/ },
  { name: "too many arguments", code: inside("y[0] = ¦abs(x[0], 1u);"), says: /abs takes 1/ },
  {
    name: "arguments of an own function",
    code: inside("y[0] = ¦f(1u, 2u);", "fn f(a: u32) -> u32 { return a; }"),
    says: /f takes 1/,
  },
  { name: "components of a vector", code: inside("let v = ¦vec3<u32>(1u, 2u);"), says: /needs 3 components/ },
  {
    name: "members of a struct",
    code: inside("let s = ¦S(1u);", "struct S { a: u32, b: u32 }"),
    says: /takes 2 values/,
  },
  { name: "elements of an array", code: inside("let a = ¦array<u32, 3>(1u, 2u);"), says: /takes 3 values/ },
  // Arrays and indices.
  {
    name: "constant index past an array",
    code: inside("var a: array<u32, 4>; a¦[4] = 1u;"),
    says: /index 4 is outside array<u32, 4>/,
  },
  { name: "negative index", code: inside("y¦[-1] = 1u;"), says: /index -1/ },
  { name: "constant index past a vector", code: inside("let v = vec2<u32>(); y[0] = v¦[2];"), says: /index 2/ },
  { name: "run-time index of a vector", code: inside("var v = vec2<u32>(); y[0] = v¦[x[0]];"), says: /constant index/ },
  {
    name: "run-time index of a value",
    code: inside("let a = array<u32, 2>(1u, 2u); y[0] = a¦[x[0]];"),
    says: /constant index/,
  },
  { name: "floats as indices", code: inside("y[0] = x¦[1.5];"), says: /index/ },
  { name: "indexing a number", code: inside("let a = 1u; y[0] = a¦[0];"), says: /index|cannot be indexed/ },
  { name: "arrays of run-time size", code: inside("var a: ¦array<u32, x[0]>;"), says: /size must be a constant/ },
  { name: "arrays of no elements", code: inside("var a: ¦array<u32, 0>;"), says: /size must be a constant/ },
  { name: "unsized arrays as variables", code: inside("¦var a: array<u32>;"), says: /cannot have the type/ },
  {
    name: "unsized arrays of unsized arrays",
    code: "@group(0) @binding(0) var<storage, read> x: array<¦array<u32>>; @compute @workgroup_size(1) fn main() {}",
    says: /no size/,
  },
  {
    name: "unsized arrays before the end of a struct",
    code: inside("y[0] = 1u;", "struct S { a: ¦array<u32>, b: u32 }\nvar<workgroup> s: S;"),
    says: /no size/,
  },
  { name: "unsized workgroup arrays", code: inside("y[0] = 1u;", "¦var<workgroup> a: array<u32>;"), says: /only fits/ },
  {
    name: "too much workgroup memory",
    code: inside("y[0] = 1u;", "¦var<workgroup> a: array<vec4<f32>, 16000000>;"),
    says: /16 MiB/,
  },
  { name: "large array values", code: inside("var a = ¦array<u32, 100000>();"), says: /too large/ },
  // Variables and buffers.
  { name: "assigning a let", code: inside("let a = 1u; ¦a = 2u;"), says: /a cannot be assigned/ },
  { name: "assigning a parameter", code: inside("f(1u);", "fn f(a: u32) { ¦a = 2u; }"), says: /a cannot be assigned/ },
  {
    name: "assigning a member of a let",
    code: inside("let a = vec2<u32>(); ¦a.x = 2u;"),
    says: /a cannot be assigned/,
  },
  { name: "assigning a constant", code: inside("¦N = 2u;", "const N = 1u;"), says: /N cannot be assigned/ },
  { name: "assigning a swizzle", code: inside("var a = vec2<u32>(); a¦.xy = vec2<u32>();"), says: /swizzle/ },
  {
    name: "assigning a sum",
    code: inside("¦x[0] + 1u = 2u;").replace("¦x[0] +", "x[0] ¦+"),
    says: /expected a statement/,
  },
  { name: "writing a read-only buffer", code: inside("x[0] ¦= 1u;"), says: /x is read-only/ },
  {
    name: "writing a uniform",
    code: inside("p.n ¦= 1u;", "struct P { n: u32 } @group(0) @binding(2) var<uniform> p: P;"),
    says: /p is read-only/,
  },
  { name: "a binding without a number", code: "¦var<storage, read> x: array<u32>;", says: /@binding/ },
  {
    name: "a binding that is no literal",
    code: "const B = 1; @group(0) @binding(B) ¦var<storage, read> x: array<u32>;",
    says: /literal/,
  },
  {
    name: "one binding twice",
    code: inside("y[0] = 1u;", "@group(0) @binding(1) ¦var<storage, read> z: array<u32>;"),
    says: /binding 1 is used twice/,
  },
  {
    name: "a uniform before the last binding",
    code: "struct P { n: u32 } @group(0) @binding(0) ¦var<uniform> p: P; @group(0) @binding(1) var<storage, read> x: array<u32>; @compute @workgroup_size(1) fn main() {}",
    says: /last binding/,
  },
  {
    name: "bool in a buffer",
    code: "struct P { n: bool } @group(0) @binding(0) ¦var<storage, read> p: P; @compute @workgroup_size(1) fn main() {}",
    says: /bool/,
  },
  { name: "a variable without type and value", code: inside("¦var a;"), says: /needs a type or a value/ },
  { name: "a let without a value", code: inside("¦let a: u32;"), says: /needs a value/ },
  { name: "a const known only at run time", code: inside("¦const a = x[0];"), says: /constant/ },
  // Pointers.
  {
    name: "pointers to buffers as parameters",
    code: inside("f(¦&y);", "fn f(p: ptr<storage, array<u32>, read_write>) {}")
      .replace("f(¦&y)", "f(&y)")
      .replace("fn f(p:", "fn f(¦p:"),
    says: /ptr<function/,
  },
  {
    name: "the address of a buffer for a function's pointer",
    code: inside("¦f(&y[0]);", "fn f(p: ptr<function, u32>) { *p = 1u; }"),
    says: /variable of a function/,
  },
  {
    name: "the address of a workgroup variable",
    code: inside("¦f(&s);", "var<workgroup> s: u32; fn f(p: ptr<function, u32>) { *p = 1u; }"),
    says: /variable of a function/,
  },
  {
    name: "the address of a component",
    code: inside("var v = vec2<u32>(); ¦f(&v.x);", "fn f(p: ptr<function, u32>) { *p = 1u; }"),
    says: /variable of a function/,
  },
  {
    name: "a pointer to another type",
    code: inside("var a = 1.0; ¦f(&a);", "fn f(p: ptr<function, u32>) { *p = 1u; }"),
    says: /points to u32, found f32/,
  },
  { name: "a value for a pointer", code: inside("¦f(1u);", "fn f(p: ptr<function, u32>) {}"), says: /address/ },
  { name: "a pointer for a value", code: inside("var a = 1u; ¦f(&a);", "fn f(p: u32) {}"), says: /value/ },
  // Control flow.
  {
    name: "recursion",
    code: inside("y[0] = f(3u);", "fn f(n: u32) -> u32 { if (n == 0u) { return 0u; } return ¦f(n - 1u); }"),
    says: /calls itself/,
  },
  {
    name: "recursion over two functions",
    code: inside("f();", "fn f() { g(); } fn g() { ¦f(); }"),
    says: /f calls itself/,
  },
  { name: "break outside a loop", code: inside("¦break;"), says: /break outside/ },
  {
    name: "continue outside a loop",
    code: inside("switch x[0] { default: { ¦continue; } }"),
    says: /continue outside/,
  },
  {
    name: "break out of a function's caller's loop",
    code: inside("loop { f(); }", "fn f() { ¦break; }"),
    says: /break outside/,
  },
  { name: "a switch without default", code: inside("¦switch x[0] { case 0u: {} }"), says: /default/ },
  { name: "a switch with two", code: inside("¦switch x[0] { default: {} case 1u, default: {} }"), says: /default/ },
  { name: "types that contain themselves", code: inside("var s: S;", "struct S { a: ¦S }"), says: /contains itself/ },
  {
    name: "aliases of themselves",
    code: inside("var s: A;", "alias A = ¦B; alias B = A;").replace(
      "alias A = ¦B; alias B = A;",
      "alias A = B; alias B = ¦A;",
    ),
    says: /contains itself/,
  },
  // Spelling.
  { name: "an unclosed comment", code: `${main}}\n  ¦/* never\nclosed`, says: /never closed/ },
  { name: "characters of no meaning", code: inside("y[0] = 1u ¦# 2u;"), says: /"#" is not WGSL/ },
  { name: "letters beyond ASCII", code: inside("let ¦é = 1u;"), says: /"é" is not WGSL/ },
  { name: "a missing semicolon", code: inside("y[0] = 1u\n  ¦y[1] = 2u;"), says: /expected `;`, found `y`/ },
  { name: "a missing brace", code: `${main}  y[0] = 1u;\n¦`, says: /found `end of file`/ },
  { name: "a missing parenthesis", code: inside("y[0] = (1u + 2u¦;"), says: /expected `\)`/ },
  { name: "&& beside || without parentheses", code: inside("let a = true && false ¦|| true;"), says: /parentheses/ },
  { name: "shifts beside sums without parentheses", code: inside("y[0] = 1u ¦<< 2u + 3u;"), says: /parentheses/ },
  { name: "chains of comparisons", code: inside("let a = 1 < 2 ¦< 3;"), says: /parentheses/ },
  { name: "a statement at module level", code: "¦y = 1;", says: /expected a declaration/ },
  { name: "an attribute without a name", code: "@¦(1) fn f() {}", says: /expected a name/ },
  { name: "abstract numbers past 2^53", code: inside("let a = 4503599627370496 ¦* 8;"), says: /too large/ },
];

function errorOf(code: string, constants: Record<string, number> = {}): KernelError {
  try {
    lowerKernel(code, constants, { relaxed: true });
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error("the kernel was accepted");
}

describe("what is refused, with line and column", () => {
  it.each(refused)("$name", ({ code, says }) => {
    const before = code.slice(0, code.indexOf("¦"));
    const lines = before.split("\n");
    const error = errorOf(code.replace("¦", ""), code.includes("override W") ? { W: 1 } : {});
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(new RegExp(`^line ${lines.length}, column ${lines[lines.length - 1]!.length + 1}: `));
    expect(error.code).toBe("unsupported-wgsl");
  });

  it("names the kernel's constants that are missing, unknown or wrong", () => {
    const code = "override N: u32; @compute @workgroup_size(1) fn main() {}";
    expect(errorOf(code)).toMatchObject({ code: "compile", message: expect.stringContaining("N needs a value") });
    expect(errorOf(code, { N: 1, M: 2 })).toMatchObject({
      code: "compile",
      message: expect.stringContaining("called M"),
    });
    for (const N of [-1, 1.5, 2 ** 32, Number.NaN])
      expect(errorOf(code, { N }).message).toMatch(/^line 1, column 1: .*is no u32/);
  });

  it("wants exactly one entry point", () => {
    expect(errorOf("fn f() {}").message).toMatch(/exactly one @compute entry point, found 0/);
    const two = "@compute @workgroup_size(1) fn a() {} @compute @workgroup_size(1) fn b() {}";
    expect(errorOf(two).message).toMatch(/found 2/);
  });

  it.each([
    ["parentheses", inside(`y[0] = ${deep(5000, "(", ")")};`)],
    ["prefixes", inside(`y[0] = ${"~".repeat(5000)}1u;`)],
    ["blocks", inside(deep(5000, "{", "}"))],
    ["sums", inside(`y[0] = 1u${" + x[0]".repeat(5000)};`)],
    ["indices", inside(`y[0] = x${"[0]".repeat(5000)};`)],
    ["types", inside(`var a: ${"array<".repeat(5000)}u32;`)],
    ["else if", inside(`if (x[0] > 1u) {}${" else if (x[0] > 1u) {}".repeat(5000)}`)],
  ])("is not exhausted by %s nested 5,000 deep", (_name, code) => {
    expect(errorOf(code)).toMatchObject({
      code: "unsupported-wgsl",
      message: expect.stringMatching(/nested too deeply|too long/),
    });
  });

  it("does not unroll without end", () => {
    const loop = (i: number): string => `for (var i${i} = 0u; i${i} < 500u; i${i}++) {`;
    const code = inside(
      `var a: array<u32, 500>; var b: array<u32, 4>; ${[0, 1, 2].map(loop).join(" ")} b[(i0 + i1 + i2) % 4u] += 1u; }}} y[0] = b[1];`,
    );
    expect(errorOf(code)).toMatchObject({ code: "unsupported-wgsl", message: expect.stringContaining("too large") });
  });
});
