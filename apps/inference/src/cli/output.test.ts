import { expect, it } from "vitest";
import { bytesText, countText, table, toFailure } from "./output.ts";

it("aligns columns, numbers to the right", () => {
  expect(
    table(
      ["name", "n"],
      [
        ["a", 5],
        ["long name", 1234],
      ],
    ),
  ).toBe("name          n\na             5\nlong name  1234\n");
});

it("words sizes and counts", () => {
  expect([0, 999, 1000, 16_300_000, 4.1e9].map(bytesText)).toEqual(["0 B", "999 B", "1.0 kB", "16.3 MB", "4.1 GB"]);
  expect([5, 260_000, 15_700_000, 1.5e9].map(countText)).toEqual(["5", "260K", "15.7M", "1.5B"]);
});

it("words any failure", () => {
  expect(toFailure(Object.assign(new Error("no"), { code: "x", hint: "y" }))).toEqual({
    code: "x",
    message: "no",
    hint: "y",
  });
  expect(toFailure(new Error("no"))).toEqual({ code: "internal", message: "no" });
  expect(toFailure("text")).toEqual({ code: "internal", message: "text" });
});
