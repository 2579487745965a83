import { expect, it } from "vitest";
import { passwordProblem } from "./account-request.ts";

it("takes 10 to 128 characters, and says which end was missed", () => {
  expect(passwordProblem("a".repeat(9))).toBe("A password has at least 10 characters.");
  expect(passwordProblem("a".repeat(10))).toBeUndefined();
  expect(passwordProblem("a".repeat(128))).toBeUndefined();
  expect(passwordProblem("a".repeat(129))).toBe("A password has at most 128 characters.");
});
