import { diffLines, diffWordsWithSpace } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffView, sideBySide } from "./text-diff-view.ts";

const view = (before: string, after: string) => diffView(diffLines(before, after), diffWordsWithSpace);
const text = (lines: ReturnType<typeof view>, without: "added" | "removed") =>
  lines.filter(({ kind }) => kind !== without).map(({ words }) => words.map((word) => word.text).join(""));

describe("a difference as lines", () => {
  it("marks the words that differ in a line that was changed", () => {
    const lines = view("keep\nthe red boat\n", "keep\nthe blue boat\n");
    expect(lines.map(({ kind }) => kind)).toEqual(["same", "removed", "added"]);
    expect(lines[1]?.words.filter(({ changed }) => changed).map((word) => word.text)).toEqual(["red"]);
    expect(lines[2]?.words.filter(({ changed }) => changed).map((word) => word.text)).toEqual(["blue"]);
  });

  it("holds both texts, whatever they are", () => {
    const line = fc.string({ maxLength: 8 }).map((one) => one.replaceAll(/[\n\r]/g, " "));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(line, { minLength: 1 }), (before, after) => {
        const lines = view(`${before.join("\n")}\n`, `${after.join("\n")}\n`);
        expect(text(lines, "added")).toEqual(before);
        expect(text(lines, "removed")).toEqual(after);
      }),
    );
  });

  it("stands in two columns, each of which holds its text", () => {
    const line = fc.constantFrom("a", "b", "c", "d");
    const column = (rows: ReturnType<typeof sideBySide>, which: "before" | "after") =>
      rows.flatMap((row) => row[which]?.words.map((word) => word.text).join("") ?? []);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(line, { minLength: 1 }), (before, after) => {
        const rows = sideBySide(view(`${before.join("\n")}\n`, `${after.join("\n")}\n`));
        expect(column(rows, "before")).toEqual(before);
        expect(column(rows, "after")).toEqual(after);
      }),
    );
    const [row] = sideBySide(view("the red boat\n", "the blue boat\n"));
    expect([row?.before?.kind, row?.after?.kind]).toEqual(["removed", "added"]);
  });
});
