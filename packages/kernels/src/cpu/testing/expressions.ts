/** Random integer expressions of WGSL, each with an interpreter. */
import fc from "fast-check";

/** What a program's variables hold while it is interpreted: u32 as 0…2^32-1, i32 as -2^31…2^31-1. */
export interface State {
  readonly vars: Record<string, number>;
  readonly arrays: Record<string, number[]>;
}

/** A piece of WGSL and what it gives, so that an expression and its interpreter grow together. */
export interface Value {
  readonly text: string;
  readonly run: (state: State) => number;
}

export const u = (v: number): number => v >>> 0;
export const s = (v: number): number => v | 0;
type Fold = (a: number, b: number) => number;
const common: Record<string, Fold> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": Math.imul,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
};
export const unsigned: Record<string, Fold> = {
  ...common,
  "/": (a, b) => (b === 0 ? a : Math.trunc(a / b)),
  "%": (a, b) => (b === 0 ? 0 : a % b),
};
const signed: Record<string, Fold> = {
  ...common,
  "/": (a, b) => (b === 0 ? a : Math.trunc(a / b)),
  "%": (a, b) => (b === 0 || b === -1 ? 0 : a % b),
};
const compare: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

const variable = (name: string): Value => ({ text: name, run: (state) => state.vars[name]! });
const element = (array: string, size: number, index: Value): Value => ({
  text: `${array}[${index.text} % ${size}u]`,
  run: (state) => state.arrays[array]![index.run(state) % size]!,
});
const oneOf = <T>(...list: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof({ maxDepth: 3, depthSize: "small" }, ...list.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const literals = [0, 1, 2, 3, 5, 8, 31, 100, 0x7fffffff, 0x80000000, 0xffffffff];

export const { u32, bool } = fc.letrec<{ u32: Value; i32: Value; bool: Value }>((tie) => {
  const number = (type: "u32" | "i32"): fc.Arbitrary<Value> => (type === "u32" ? tie("u32") : tie("i32"));
  const operation = (type: "u32" | "i32", folds: Record<string, Fold>, wrap: (v: number) => number) =>
    fc.tuple(number(type), fc.constantFrom(...Object.keys(folds)), number(type)).map(
      ([a, op, b]): Value => ({
        text: `(${a.text} ${op} ${b.text})`,
        run: (state) => {
          const left = a.run(state);
          return wrap(folds[op]!(left, b.run(state)));
        },
      }),
    );
  // A literal only stands on the right: WGSL refuses constant expressions that overflow.
  const withLiteral = (type: "u32" | "i32", folds: Record<string, Fold>, wrap: (v: number) => number) =>
    fc
      .tuple(number(type), fc.constantFrom(...Object.keys(folds)), fc.constantFrom(...literals.map(wrap)))
      .filter(([, op, v]) => v !== 0 || (op !== "/" && op !== "%"))
      .map(
        ([a, op, v]): Value => ({
          text: `(${a.text} ${op} ${type === "u32" ? `${v}u` : `(${v})`})`,
          run: (state) => wrap(folds[op]!(a.run(state), v)),
        }),
      );
  const two = (type: "u32" | "i32") =>
    fc.tuple(fc.constantFrom("min", "max"), number(type), number(type)).map(
      ([f, a, b]): Value => ({
        text: `${f}(${a.text}, ${b.text})`,
        run: (state) => (f === "min" ? Math.min : Math.max)(a.run(state), b.run(state)),
      }),
    );
  const choice = (type: "u32" | "i32") =>
    fc.tuple(number(type), number(type), tie("bool")).map(
      ([a, b, c]): Value => ({
        text: `select(${a.text}, ${b.text}, ${c.text})`,
        run: (state) => {
          const [no, yes] = [a.run(state), b.run(state)];
          return c.run(state) ? yes : no;
        },
      }),
    );
  const shift = (type: "u32" | "i32", wrap: (v: number) => number) =>
    fc.tuple(number(type), fc.constantFrom("<<", ">>"), tie("u32")).map(
      ([a, op, b]): Value => ({
        text: `(${a.text} ${op} (${b.text} & 31u))`,
        run: (state) => {
          const left = a.run(state);
          const by = b.run(state) & 31;
          return wrap(op === "<<" ? left << by : type === "u32" ? left >>> by : left >> by);
        },
      }),
    );
  const call = tie("u32").map(
    (a): Value => ({ text: `early(&a, ${a.text})`, run: (state) => early(state, a.run(state)) }),
  );
  const bits = fc
    .tuple(fc.constantFrom("countOneBits", "reverseBits", "firstLeadingBit", "~"), tie("u32"))
    .map(([f, a]): Value => ({ text: `${f}(${a.text})`, run: (state) => bitFunctions[f]!(a.run(state)) }));
  const field = fc.tuple(tie("u32"), tie("u32"), tie("u32")).map(
    ([a, from, count]): Value => ({
      text: `extractBits(${a.text}, ${from.text} % 32u, ${count.text} % 9u)`,
      run: (state) => {
        const v = a.run(state);
        const at = from.run(state) % 32;
        const width = Math.min(count.run(state) % 9, 32 - at);
        return width === 0 ? 0 : u(v >>> at) % 2 ** width;
      },
    }),
  );
  const comparison = (type: "u32" | "i32") =>
    fc.tuple(number(type), fc.constantFrom(...Object.keys(compare)), number(type)).map(
      ([a, op, b]): Value => ({
        text: `(${a.text} ${op} ${b.text})`,
        run: (state) => {
          const left = a.run(state);
          return Number(compare[op]!(left, b.run(state)));
        },
      }),
    );
  return {
    u32: oneOf(
      [6, fc.constantFrom("a", "b", "c", "g", "i", "j").map(variable)],
      [
        2,
        fc
          .constantFrom<[string, number]>(["arr", 4], ["tab", 8])
          .chain(([n, size]) => tie("u32").map((e) => element(n, size, e))),
      ],
      [5, operation("u32", unsigned, u)],
      [5, withLiteral("u32", unsigned, u)],
      [1, two("u32")],
      [1, choice("u32")],
      [2, shift("u32", u)],
      [1, call],
      [1, bits],
      [1, field],
      [1, tie("i32").map((a): Value => ({ text: `u32(${a.text})`, run: (state) => u(a.run(state)) }))],
    ),
    i32: oneOf(
      [5, fc.constantFrom("s", "t").map(variable)],
      [4, operation("i32", signed, s)],
      [4, withLiteral("i32", signed, s)],
      [1, two("i32")],
      [1, choice("i32")],
      [2, shift("i32", s)],
      [1, tie("i32").map((a): Value => ({ text: `-(${a.text})`, run: (state) => s(-a.run(state)) }))],
      [1, tie("i32").map((a): Value => ({ text: `abs(${a.text})`, run: (state) => s(Math.abs(a.run(state))) }))],
      [2, tie("u32").map((a): Value => ({ text: `bitcast<i32>(${a.text})`, run: (state) => s(a.run(state)) }))],
    ),
    bool: oneOf(
      [5, comparison("u32")],
      [3, comparison("i32")],
      [1, tie("bool").map((a): Value => ({ text: `!${a.text}`, run: (state) => 1 - a.run(state) }))],
      [
        2,
        fc.tuple(tie("bool"), fc.constantFrom("&&", "||"), tie("bool")).map(
          ([a, op, b]): Value => ({
            text: `(${a.text} ${op} ${b.text})`,
            run: (state) => (Boolean(a.run(state)) === (op === "&&") ? b.run(state) : Number(op === "||")),
          }),
        ),
      ],
    ),
  };
});

const bitFunctions: Record<string, (v: number) => number> = {
  countOneBits: (v) => [...v.toString(2)].filter((c) => c === "1").length,
  reverseBits: (v) => Number.parseInt([...v.toString(2).padStart(32, "0")].reverse().join(""), 2),
  firstLeadingBit: (v) => (v === 0 ? 0xffffffff : 31 - Math.clz32(v)),
  "~": (v) => u(~v),
};

/** A function with early returns, in loops too, that changes its caller's variable on some paths. */
export const earlyText = `fn early(p: ptr<function, u32>, v: u32) -> u32 {
  if (v % 3u == 0u) { return *p; }
  *p += v;
  for (var k = 0u; k < v % 5u; k++) { if (k == 3u) { return k; } *p ^= k; }
  return v * 2u;
}`;
function early({ vars }: State, v: number): number {
  if (v % 3 === 0) return vars.a!;
  vars.a = u(vars.a! + v);
  for (let k = 0; k < v % 5; k++) {
    if (k === 3) return k;
    vars.a = u(vars.a! ^ k);
  }
  return u(v * 2);
}
