import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Device } from "../device.ts";
import { openCpuDevice } from "../node/index.ts";
import { runInArena } from "./testing/arena.ts";

/** u32 expressions over the group, parameters, loop counters, a variable that changes, and memory. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const of = (...ops: string[]): fc.Arbitrary<string> =>
    fc.tuple(tie("expression"), fc.constantFrom(...ops), tie("expression")).map(([a, op, b]) => `(${a} ${op} ${b})`);
  const constant = fc.constantFrom(
    "0u",
    "1u",
    "2u",
    "3u",
    "7u",
    "16u",
    "100u",
    "0x7fffffffu",
    "0x80000000u",
    "0xfffffff9u",
  );
  const name = fc.constantFrom(
    "group.x",
    "group.y",
    "params.a",
    "params.b",
    "count.x",
    "i",
    "k",
    "v",
    "l",
    "x[v % 8u]",
    "arrayLength(&y)",
  );
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { arbitrary: constant, weight: 3 },
      { arbitrary: name, weight: 8 },
      { arbitrary: of("+", "-"), weight: 6 },
      { arbitrary: of("*", "/", "%", "&", "|"), weight: 4 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom("min", "max"), tie("expression"), tie("expression"))
          .map(([f, a, b]) => `${f}(${a}, ${b})`),
        weight: 4,
      },
      {
        arbitrary: fc.tuple(tie("expression"), fc.constantFrom(1, 4, 28)).map(([a, by]) => `(${a} >> ${by}u)`),
        weight: 1,
      },
      {
        arbitrary: fc
          .tuple(tie("expression"), tie("expression"), tie("expression"))
          .map(([a, b, c]) => `select(${a}, ${b}, ${c} < 5u)`),
        weight: 1,
      },
      { arbitrary: tie("expression").map((a) => `bitcast<u32>(bitcast<i32>(${a}) - 3)`), weight: 1 },
    ),
  };
});

const condition = fc.oneof(
  fc
    .tuple(expression, fc.constantFrom("<", "<=", ">", ">=", "==", "!="), expression, fc.boolean())
    .map(([a, op, b, signed]) => (signed ? `bitcast<i32>(${a}) ${op} bitcast<i32>(${b})` : `${a} ${op} ${b}`)),
  fc.tuple(expression, expression).map(([a, b]) => `(${a} < ${b} && ${b} < 8u)`),
  fc.tuple(expression, expression).map(([a, b]) => `!(${a} >= 8u || ${b} > 100u)`),
  expression.map((a) => `${a} < 5u && change(&v, ${a})`),
);

/** What is compared is used, perhaps after it has changed. */
const guardedUse = fc
  .tuple(
    expression,
    fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
    expression,
    fc.constantFrom("u32", "i32"),
    fc.constantFrom("t", "t + 1", "t - 1", "7 - t", "t * 2", "t - t0 + 3"),
    fc.constantFrom("", "", "t += 3;", "x[v % 8u] = 77u;", "if (l < 5u) { t = 2; }", "if (k > 3u) { break; }"),
    fc.boolean(),
  )
  .map(([e, op, limit, type, index, between, inside]) => {
    const compared = `${type}(${e}) ${op} ${type}(${limit})`;
    const guard = inside
      ? `if (t ${op} ${type}(${limit})) { ${between} y[${index}] = 6u; }`
      : `if (!(${compared})) { break; }`;
    return `loop { turns++; if (turns > 40u) { break; } var t = ${type}(${e}); let t0 = t; ${guard} ${between} y[${index}] = 7u; break; }`;
  });

/** Statements that write y somewhere, guarded or not, and change `v` on the way. */
const { statement } = fc.letrec<{ statement: string }>((tie) => {
  const block = fc.array(tie("statement"), { minLength: 1, maxLength: 3 }).map((list) => list.join("\n"));
  const guarded = fc
    .tuple(condition, block, fc.option(block))
    .map(([c, a, b]) => `if (${c}) {\n${a}\n}${b ? ` else {\n${b}\n}` : ""}`);
  return {
    statement: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      { arbitrary: expression.map((e) => `y[${e}] = 1u;`), weight: 6 },
      { arbitrary: expression.map((e) => `y[${e}] = x[${e}];`), weight: 3 },
      { arbitrary: fc.tuple(expression, condition).map(([e, c]) => `if (${c}) { y[${e}] += 1u; }`), weight: 4 },
      { arbitrary: guardedUse, weight: 8 },
      {
        arbitrary: fc.constantFrom(
          "y[v] = 3u;",
          "y[v + 1u] = 4u;",
          "y[v - 1u] = y[v];",
          "walk(&v, params.a);",
          "{ let p = &v; loop { turns++; if (turns > 40u) { break; } y[v] = 5u; *p += 3u; } }",
        ),
        weight: 4,
      },
      {
        arbitrary: fc
          .tuple(fc.constantFrom("v", "l"), expression)
          .map(([n, e]) => (n === "v" ? `v = ${e};` : `change(&v, ${e});`)),
        weight: 5,
      },
      { arbitrary: guarded, weight: 5 },
      {
        arbitrary: fc
          .tuple(
            fc.constantFrom("i", "k"),
            expression,
            expression,
            fc.constantFrom("1u", "2u", "3u", "params.a", "0x40000001u", "0xffffffffu"),
            fc.constantFrom("<", "<="),
            block,
          )
          .map(
            ([n, a, b, by, op, body]) =>
              `for (var ${n} = ${a}; ${n} ${op} ${b}; ${n} += ${by}) {\nturns++; if (turns > 40u) { break; }\n${body}\n}`,
          ),
        weight: 5,
      },
      {
        arbitrary: fc
          .tuple(condition, block)
          .map(([c, body]) => `while (${c}) {\nturns++; if (turns > 40u) { break; }\n${body}\n}`),
        weight: 2,
      },
      {
        arbitrary: fc
          .tuple(condition, fc.constantFrom("break;", "continue;", "return;"))
          .map(([c, leave]) => `if (${c}) { ${leave} }`),
        weight: 2,
      },
      {
        arbitrary: fc
          .tuple(expression, block, block)
          .map(([e, a, b]) => `switch (${e}) { case 0u, 3u: {\n${a}\n} default: {\n${b}\n} }`),
        weight: 1,
      },
      { arbitrary: expression.map((e) => `v = early(&v, ${e});`), weight: 2 },
    ),
  };
});

/** `break` and `continue` need a loop around them. */
const program = fc.array(statement, { minLength: 1, maxLength: 5 }).map(
  (list) => `
struct Params { a: u32, b: u32 }
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;
fn change(p: ptr<function, u32>, to: u32) -> bool { *p = to; return (to & 1u) == 0u; }
fn early(p: ptr<function, u32>, a: u32) -> u32 { if (a > 5u) { return *p; } *p = a; for (var t = 0u; t < a; t++) { if (t == 3u) { return t; } change(p, t); } return a + 1u; }
fn walk(p: ptr<function, u32>, n: u32) { for (var t = 0u; t < n; t++) { if (t > 20u) { break; } y[*p] = t; *p += 3u; } }
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
var v = group.x; let l = x[3]; let i = 2u; let k = group.y; var turns = 0u;
loop {
turns++; if (turns > 40u) { break; }
${list.join("\n")}
break;
}
}`,
);

const figure = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom(0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
);

describe("whatever a kernel computes", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openCpuDevice({ threads: 1 });
  });
  afterAll(() => device.destroy());

  it("it stays inside its bindings", async () => {
    const tally = { refused: 0, ran: 0 };
    await fc.assert(
      fc.asyncProperty(
        program,
        fc.array(figure, { minLength: 8, maxLength: 8 }),
        fc.tuple(figure, figure),
        fc.tuple(fc.constantFrom(1, 3, 9), fc.constantFrom(1, 2)),
        fc.constantFrom(1, 5, 8, 40),
        async (code, x, params, groups, yWords) => {
          const arena = { x: Uint32Array.from(x), yWords, groups, params: Uint32Array.from(params) };
          const result = await runInArena(device, code, arena);
          tally[result === "refused" ? "refused" : "ran"]++;
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
    expect(tally.ran).toBeGreaterThan(30);
    expect(tally.refused).toBeGreaterThan(10);
  });
});
