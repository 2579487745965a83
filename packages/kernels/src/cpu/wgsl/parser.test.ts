import { describe, expect, it } from "vitest";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { type KernelName, wgslSources } from "../../wgsl/sources.gen.ts";
import { tokenize } from "./lexer.ts";
import { parse } from "./parser.ts";

const names = Object.keys(wgslSources) as KernelName[];

describe("the parser, against wgsl_reflect", () => {
  it.each(names)("%s: bindings, overrides, entry point, functions, structs", (name) => {
    // wgsl_reflect 1.6 takes variables called `block` for a keyword, which WGSL does not have.
    const source = wgslSources[name].replace(/\bblock\b/g, "block_index");
    const own = parse(source);
    const oracle = new WgslReflect(source);

    const bindings = own.globals.filter((g) => g.binding !== undefined);
    const described = bindings.map(
      (g) => `${g.binding} ${g.name} ${g.space} ${g.space === "uniform" ? "read" : g.access}`,
    );
    const theirs = [...oracle.storage, ...oracle.uniforms].map(
      (v) => `${v.binding} ${v.name} ${v.resourceType === 0 ? "uniform" : "storage"} ${v.access || "read"}`,
    );
    expect(described.sort()).toEqual(theirs.sort());

    expect(own.overrides.map((o) => [o.name, o.type?.name ?? null]).sort()).toEqual(
      oracle.overrides.map((o) => [o.name, o.type?.name ?? null]).sort(),
    );

    const entries = [...own.functions.values()].filter((f) => f.workgroupSize);
    expect(entries.map((f) => f.name)).toEqual(oracle.entry.compute.map((f) => f.name));
    expect(entries.map((f) => f.name)).toEqual(["main"]);

    expect([...own.functions.keys()].sort()).toEqual(oracle.functions.map((f) => f.name).sort());
    const members = [...own.structs.values()].map((s) => `${s.name}: ${s.members.map((m) => m.name)}`);
    expect(members.sort()).toEqual(oracle.structs.map((s) => `${s.name}: ${s.members.map((m) => m.name)}`).sort());
  });
});

describe("the lexer", () => {
  it("gives every token its place", () => {
    const tokens = tokenize("a /* b\n c */ + // d\n\t0x1Fu>>=é".slice(0, -1));
    expect(tokens.map((t) => [t.text, t.at.line, t.at.column])).toEqual([
      ["a", 1, 1],
      ["+", 2, 7],
      ["0x1Fu", 3, 2],
      [">>=", 3, 7],
      ["end of file", 3, 10],
    ]);
  });

  it("puts the tokens of real kernels together again", () => {
    for (const name of names) {
      const lines = wgslSources[name].split("\n");
      for (const { text, at } of tokenize(wgslSources[name]).slice(0, -1))
        expect(lines[at.line - 1]!.slice(at.column - 1)).toMatch(
          new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`),
        );
    }
  });
});
