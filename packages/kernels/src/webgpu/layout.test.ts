import { describe, expect, it } from "vitest";
import { wgslSources } from "../wgsl/sources.gen.ts";
import { readBindings } from "./layout.ts";

describe("readBindings", () => {
  it("reads kinds in the order of their numbers", () => {
    const code = `
      @group(0) @binding(2) var<uniform> params: Params;
      // @group(0) @binding(7) var<storage, read> commented: array<u32>;
      @group(0) @binding(0) var<storage> a: array<u32>;
      @group(0)
      @binding(1u) var<storage,read_write> b: array<u32>;`;
    expect(readBindings(code)).toEqual(["read-only-storage", "storage", "uniform"]);
  });

  it("leaves a hole for a skipped number", () => {
    expect(readBindings("@group(0) @binding(1) var<storage, read> a: array<u32>;")).toEqual([
      undefined,
      "read-only-storage",
    ]);
  });

  it.each(Object.entries(wgslSources))("%s: no holes, params last, at most 8 storage buffers", (_name, code) => {
    const kinds = readBindings(code);
    expect(kinds.length).toBeGreaterThan(0);
    expect(kinds).not.toContain(undefined);
    expect(kinds.slice(0, -1)).not.toContain("uniform");
    expect(kinds.filter((kind) => kind !== "uniform").length).toBeLessThanOrEqual(8);
    expect(kinds.length).toBe(code.match(/@binding\(/g)?.length);
  });
});
