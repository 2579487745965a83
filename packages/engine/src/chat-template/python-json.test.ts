import { describe, expect, it } from "vitest";
import { pythonJson, pythonNumber } from "./python-json.ts";

describe("pythonNumber", () => {
  // Each right side is what CPython prints for repr(float(left)).
  it.each([
    [0.1, "0.1"],
    [1, "1.0"],
    [-0, "-0.0"],
    [1e16, "1e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [9999999999999998, "9999999999999998.0"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1e300, "1e+300"],
    [-2.5, "-2.5"],
  ])("writes the float %d as %s", (value, text) => {
    expect(pythonNumber(value, true)).toBe(text);
  });

  it("writes whole numbers out", () => {
    expect(pythonNumber(42, false)).toBe("42");
    expect(pythonNumber(1e21, false)).toBe("1000000000000000000000");
  });
});

describe("pythonJson", () => {
  const free = () => undefined;
  it("orders keys by code points when asked to", () => {
    const value = new Map([
      ["\u{1f600}", null],
      ["\uffee", null],
      ["b", null],
    ]);
    expect(pythonJson(value, { sortKeys: true }, free)).toBe('{"b": null, "\uffee": null, "\u{1f600}": null}');
    expect(pythonJson(value, { ensureAscii: true }, free)).toBe('{"\\ud83d\\ude00": null, "\\uffee": null, "b": null}');
  });

  it("keeps empty containers on one line", () => {
    expect(pythonJson([[], new Map()], { indent: 2 }, free)).toBe("[\n  [],\n  {}\n]");
  });
});
