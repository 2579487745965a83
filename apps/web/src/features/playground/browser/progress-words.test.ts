import { describe, expect, it } from "vitest";
import { progressWords } from "./progress-words.ts";

describe("the progress of a load", () => {
  it("tells what is left of a download at its speed so far, once that is known", () => {
    const words = progressWords();
    const total = 100 * 2 ** 20;
    expect(words("download", 0, total, 0)).toBe("Downloading: 0\u00a0B of 100\u00a0MiB (0 %)");
    expect(words("download", total / 4, total, 10_000)).toContain("(25 %), about 30.0\u00a0s left");
    expect(words("download", total, total, 40_000)).toMatch(/\(100 %\)$/);
  });

  it("does not count what was here already as speed", () => {
    const words = progressWords();
    words("check", 900, 1000, 0);
    words("download", 900, 1000, 100);
    expect(words("download", 910, 1000, 1100)).toContain("about 9.00\u00a0s left");
  });

  it("names every stage", () => {
    const words = progressWords();
    for (const stage of ["check", "read", "compile", "warm"] as const) expect(words(stage, 1, 2, 0)).not.toBe("");
  });
});
