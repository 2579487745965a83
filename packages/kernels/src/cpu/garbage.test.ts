import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KernelError } from "../device.ts";
import { type KernelName, wgslSources } from "../wgsl/sources.gen.ts";
import { lowerKernel } from "./lower/kernel.ts";
import { functionBody, kernelModule } from "./wasm/kernel-module.ts";
import { tokenize } from "./wgsl/lexer.ts";
import { parse } from "./wgsl/parser.ts";

/** Compiles as the device does. Gives the error's code, or "valid" where the module is what WebAssembly accepts. */
function outcome(code: string, constants: Record<string, number> = {}): string {
  try {
    const kernel = lowerKernel(code, constants, { relaxed: false });
    const module = kernelModule([functionBody(kernel)], { shared: true, maximumPages: 16 });
    return WebAssembly.validate(module) ? "valid" : "an invalid module";
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

const allowed = ["valid", "unsupported-wgsl", "compile"];

const words = [
  ..."( ) [ ] { } < > + - * / % & | ^ ! ~ = . , ; : @ == != <= >= << >> && || += -= <<= ++ -- -> _".split(" "),
  ..."fn var let const override struct if else for while loop switch case default break continue return".split(" "),
  ..."continuing true false alias discard enable main x y a b v f group storage uniform workgroup read_write".split(
    " ",
  ),
  ..."u32 i32 f32 bool vec2 vec4 vec3f array ptr function min max select clamp dot abs exp bitcast arrayLength".split(
    " ",
  ),
  ..."0 1 2u 3i 4.0 1e9 0x7fffffff -1 0.5f 4294967295u 99999999999 compute binding workgroup_size builtin".split(" "),
];

describe("sources that make no sense", () => {
  it("are refused or compiled, whatever their characters", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (code) => {
        expect(allowed).toContain(outcome(code));
      }),
      { numRuns: 300 },
    );
  });

  it("are refused or compiled, whatever the order of their words", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(" "));
    fc.assert(
      fc.property(soup, fc.constantFrom("module", "body", "expression"), (text, place) => {
        const io = "@group(0) @binding(0) var<storage, read_write> y: array<u32>;";
        const entry = (body: string): string =>
          `${io} @compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3<u32>) { var a = 1u; var v = vec4<f32>(1.0); let b = y[group.x]; ${body} }`;
        const code = place === "module" ? `${text}\n${entry("")}` : entry(place === "body" ? text : `y[0] = ${text};`);
        expect(allowed).toContain(outcome(code));
      }),
      { numRuns: 5000 },
    );
  });

  const names = Object.keys(wgslSources) as KernelName[];
  const tokens = new Map(names.map((name) => [name, tokenize(wgslSources[name]).slice(0, -1)]));
  const constants = new Map(
    names.map((name) => {
      const open = parse(wgslSources[name]).overrides.filter((o) => o.init === undefined);
      return [name, Object.fromEntries(open.map((o) => [o.name, /DIM|HEAD|^N$|^K$/.test(o.name) ? 64 : 4]))];
    }),
  );

  it("are refused or compiled, where a word of a real kernel is changed", () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      kind: fc.constantFrom("drop", "twice", "replace", "swap"),
      word: fc.constantFrom(...words),
    });
    const tally = new Map<string, number>();
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(change, { minLength: 1, maxLength: 3 }), (name, changes) => {
        const list = tokens.get(name)!.map((t) => t.text);
        for (const { at, kind, word } of changes) {
          const i = Math.floor(at * (list.length - 1));
          if (kind === "drop") list.splice(i, 1);
          else if (kind === "twice") list.splice(i, 0, list[i]!);
          else if (kind === "replace") list[i] = word;
          else [list[i], list[i + 1]] = [list[i + 1]!, list[i]!];
        }
        const result = outcome(list.join(" "), constants.get(name));
        tally.set(result, (tally.get(result) ?? 0) + 1);
        expect(allowed).toContain(result);
      }),
      { numRuns: 2000 },
    );
    // Both ways are taken, or this test would say nothing.
    expect(tally.get("valid")).toBeGreaterThan(10);
    expect(tally.get("unsupported-wgsl")).toBeGreaterThan(100);
  });
});
