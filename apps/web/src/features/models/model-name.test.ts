import { expect, it } from "vitest";
import { digestProblem, nameProblem } from "./model-name.ts";

it("says what is wrong with a name or a digest, and nothing when it is left out", () => {
  for (const fine of ["", "tug-small", "a.b:c_1"]) expect(nameProblem(fine, ["other"])).toBeUndefined();
  expect(nameProblem("other", ["other"])).toMatch(/already/);
  for (const wrong of ["-x", "a b", "<script>", "x".repeat(129), "ü"])
    expect(nameProblem(wrong, [])).toMatch(/letters/);
  expect(digestProblem("")).toBeUndefined();
  expect(digestProblem("A".repeat(64))).toBeUndefined();
  expect(digestProblem("a".repeat(63))).toMatch(/64/);
});
