/** Random kernels, each with an interpreter. */
import fc from "fast-check";
import { bool, earlyText, type State, s, u, u32, unsigned } from "./expressions.ts";

type Leave = "break" | "continue" | "return" | undefined;

interface Action {
  readonly text: string;
  readonly run: (state: State) => Leave;
}

/** Turns of all loops of a run: every program ends. */
const fuel = 60;

function all(actions: readonly Action[]): Action {
  return {
    text: actions.map((a) => a.text).join("\n"),
    run: (state) => {
      for (const a of actions) {
        const leave = a.run(state);
        if (leave) return leave;
      }
      return undefined;
    },
  };
}

/** Runs a loop's body while `more` says so; `after` each turn. */
function repeat(state: State, body: Action, more: () => boolean, after: () => boolean): Leave {
  while (more()) {
    if (++state.vars.turns! > fuel) break;
    const leave = body.run(state);
    if (leave === "return") return leave;
    if (leave === "break") break;
    if (!after()) break;
  }
  return undefined;
}
const burn = `turns++; if (turns > ${fuel}u) { break; }`;

/** Runs with `name` standing for a new variable. */
function shadowed(state: State, name: string, run: () => Leave): Leave {
  const outer = state.vars[name]!;
  const leave = run();
  state.vars[name] = outer;
  return leave;
}

const { action } = fc.letrec<{ action: Action }>((tie) => {
  const block = fc.array(tie("action"), { minLength: 1, maxLength: 3 }).map(all);
  const assign = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("", "+", "-", "*", "^", "/"), u32).map(
    ([n, op, e]): Action => ({
      text: `${n} ${op}= ${e.text};`,
      run: (state) => {
        const old = state.vars[n]!;
        const v = e.run(state);
        state.vars[n] = op === "" ? v : u(unsigned[op]!(old, v));
        return undefined;
      },
    }),
  );
  const assignSigned = fc.tuple(fc.constantFrom("s", "t"), u32).map(
    ([n, e]): Action => ({
      text: `${n} = bitcast<i32>(${e.text}) - ${n};`,
      run: (state) => {
        state.vars[n] = s(s(e.run(state)) - state.vars[n]!);
        return undefined;
      },
    }),
  );
  const assignElement = fc.tuple(fc.constantFrom<[string, number]>(["arr", 4], ["tab", 8]), u32, u32, fc.boolean()).map(
    ([[n, size], at, e, fixed]): Action => ({
      text: fixed ? `${n}[1] = ${e.text};` : `${n}[${at.text} % ${size}u] = ${e.text};`,
      run: (state) => {
        const index = fixed ? 1 : at.run(state) % size;
        state.arrays[n]![index] = e.run(state);
        return undefined;
      },
    }),
  );
  const branch = fc.tuple(bool, block, fc.option(block)).map(
    ([c, yes, no]): Action => ({
      text: `if (${c.text}) {\n${yes.text}\n}${no ? ` else {\n${no.text}\n}` : ""}`,
      run: (state) => (c.run(state) ? yes.run(state) : no?.run(state)),
    }),
  );
  const counted = fc.tuple(fc.constantFrom("i", "j"), u32, u32, fc.constantFrom(1, 2, 3), block).map(
    ([n, from, to, step, body]): Action => ({
      text: `for (var ${n} = ${from.text} % 4u; ${n} < ${to.text} % 8u; ${n} += ${step}u) {\n${burn}\n${body.text}\n}`,
      run: (state) => {
        const first = from.run(state) % 4;
        return shadowed(state, n, () => {
          state.vars[n] = first;
          const after = (): boolean => {
            state.vars[n] = state.vars[n]! + step;
            return true;
          };
          return repeat(state, body, () => state.vars[n]! < to.run(state) % 8, after);
        });
      },
    }),
  );
  const unrolled = fc.tuple(fc.constantFrom("i", "j"), u32, block).map(
    ([n, e, body]): Action => ({
      text: `for (var ${n} = 0u; ${n} < 4u; ${n}++) {\n${burn}\narr[${n}] += ${e.text};\n${body.text}\n}`,
      run: (state) =>
        shadowed(state, n, () => {
          state.vars[n] = 0;
          const add: Action = {
            text: "",
            run: () => {
              const index = state.vars[n]!;
              const old = state.arrays.arr![index]!;
              state.arrays.arr![index] = u(old + e.run(state));
              return undefined;
            },
          };
          const after = (): boolean => {
            state.vars[n]!++;
            return true;
          };
          return repeat(state, all([add, body]), () => state.vars[n]! < 4, after);
        }),
    }),
  );
  const whiles = fc.tuple(bool, block).map(
    ([c, body]): Action => ({
      text: `while (${c.text}) {\n${burn}\n${body.text}\n}`,
      run: (state) =>
        repeat(
          state,
          body,
          () => Boolean(c.run(state)),
          () => true,
        ),
    }),
  );
  const endless = fc.tuple(block, assign, bool).map(
    ([body, last, c]): Action => ({
      text: `loop {\n${burn}\n${body.text}\ncontinuing {\n${last.text}\nbreak if ${c.text};\n}\n}`,
      run: (state) =>
        repeat(
          state,
          body,
          () => true,
          () => {
            last.run(state);
            return !c.run(state);
          },
        ),
    }),
  );
  const leave = fc.tuple(bool, fc.constantFrom<"break" | "continue" | "return">("break", "continue", "return")).map(
    ([c, how]): Action => ({
      text: `if (${c.text}) { ${how === "return" ? "finish(group.x, a, b, c, s, t, &arr); return" : how}; }`,
      run: (state) => (c.run(state) ? how : undefined),
    }),
  );
  const cases = fc.tuple(u32, block, block, block).map(
    ([e, first, second, last]): Action => ({
      text: `switch (${e.text} % 5u) {\ncase 0u, 3u: {\n${first.text}\n}\ndefault: {\n${last.text}\n}\ncase 1u: {\n${second.text}\n}\n}`,
      run: (state) => {
        const v = e.run(state) % 5;
        const how = (v === 0 || v === 3 ? first : v === 1 ? second : last).run(state);
        return how === "break" ? undefined : how;
      },
    }),
  );
  const scope = fc.tuple(u32, block).map(
    ([e, body]): Action => ({
      text: `{ let j = ${e.text};\n${body.text}\n}`,
      run: (state) => {
        const v = e.run(state);
        return shadowed(state, "j", () => {
          state.vars.j = v;
          return body.run(state);
        });
      },
    }),
  );
  return {
    action: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      { weight: 8, arbitrary: assign },
      { weight: 3, arbitrary: assignSigned },
      { weight: 5, arbitrary: assignElement },
      { weight: 4, arbitrary: branch },
      { weight: 3, arbitrary: counted },
      { weight: 2, arbitrary: unrolled },
      { weight: 2, arbitrary: whiles },
      { weight: 2, arbitrary: endless },
      { weight: 3, arbitrary: leave },
      { weight: 2, arbitrary: cases },
      { weight: 1, arbitrary: scope },
    ),
  };
});

const outputs = 9;

export interface Program {
  readonly code: string;
  readonly words: number;
  /** What workgroup `group` leaves in its words. */
  interpret(x: readonly number[], group: number): number[];
}

/** Whole kernels: `x` gives five words, every workgroup writes `words` of y. */
export const program: fc.Arbitrary<Program> = fc.array(action, { minLength: 2, maxLength: 6 }).map((list) => {
  const body = all(list);
  return {
    words: outputs,
    code: `
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
var<workgroup> tab: array<u32, 8>;
${earlyText}
fn finish(group: u32, a: u32, b: u32, c: u32, s: i32, t: i32, arr: ptr<function, array<u32, 4>>) {
  let at = group * ${outputs}u;
  y[at] = a; y[at + 1u] = b; y[at + 2u] = c; y[at + 3u] = u32(s); y[at + 4u] = u32(t);
  for (var k = 0u; k < 4u; k++) { y[at + 5u + k] = (*arr)[k] + tab[k] * 3u + tab[k + 4u]; }
}
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
var a = x[0]; var b = x[1]; var c = x[2]; var s = bitcast<i32>(x[3]); var t = bitcast<i32>(x[4]);
let g = group.x; let i = a; let j = g; var arr = array<u32, 4>(); var turns = 0u;
loop {
${burn}
${body.text}
break;
}
finish(group.x, a, b, c, s, t, &arr);
}`,
    interpret: (x, group) => {
      const [a, b, c, d, e] = x as [number, number, number, number, number];
      const state: State = {
        vars: { a, b, c, s: s(d), t: s(e), g: group, i: a, j: group, turns: 0 },
        arrays: { arr: [0, 0, 0, 0], tab: Array.from({ length: 8 }, () => 0) },
      };
      let first = true;
      const once = (): boolean => first;
      const last: Action = {
        text: "",
        run: (st) => {
          const leave = body.run(st);
          if (leave !== "continue") first = false;
          return leave;
        },
      };
      repeat(state, last, once, () => true);
      const { arr, tab } = state.arrays as { arr: number[]; tab: number[] };
      const sums = arr.map((v, k) => u(v + Math.imul(tab[k]!, 3) + tab[k + 4]!));
      return [state.vars.a!, state.vars.b!, state.vars.c!, u(state.vars.s!), u(state.vars.t!), ...sums];
    },
  };
});
