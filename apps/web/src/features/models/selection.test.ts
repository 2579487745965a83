import { expect, it } from "vitest";
import { selectedIn, toggled } from "./selection.ts";

it("keeps the selection in the address, and the rest of it", () => {
  const one = toggled("tab=all", "tug-small");
  const two = toggled(one, "a&b=c");
  expect(selectedIn(two, ["tug-small", "a&b=c"])).toEqual(["tug-small", "a&b=c"]);
  expect(new URLSearchParams(two).get("tab")).toBe("all");
  expect(selectedIn(toggled(two, "tug-small"), ["tug-small", "a&b=c"])).toEqual(["a&b=c"]);
});

it("takes no model that is not there, none twice, and no more than six", () => {
  expect(selectedIn("compare=x&compare=y&compare=y", ["y"])).toEqual(["y"]);
  const names = Array.from({ length: 9 }, (_, index) => `m${index}`);
  expect(selectedIn(names.reduce(toggled, ""), names)).toEqual(names.slice(3));
});
