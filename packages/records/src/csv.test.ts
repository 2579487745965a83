import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvReader } from "./csv.ts";

function read(text: string, delimiter = ",", piece = text.length): { row: string[]; line: number }[] {
  const reader = new CsvReader(delimiter, 1000);
  const rows = [];
  for (let at = 0; at < text.length; at += Math.max(1, piece)) rows.push(...reader.push(text.slice(at, at + piece)));
  return [...rows, ...reader.finish()];
}

const rowsIn = (text: string, delimiter?: string) => read(text, delimiter).map(({ row }) => row);

describe("cells", () => {
  it("take quotes as RFC 4180 has them", () => {
    expect(rowsIn('a,"b, ""c""\nd",e\nf,,\n')).toEqual([
      ["a", 'b, "c"\nd', "e"],
      ["f", "", ""],
    ]);
    expect(rowsIn('"",""\n""')).toEqual([["", ""], [""]]);
  });

  it("take quotes that people write as they are", () => {
    expect(rowsIn('it is 5" wide\tsize\n"so" he said\tx', "\t")).toEqual([
      ['it is 5" wide', "size"],
      ['"so" he said', "x"],
    ]);
  });

  it("leave out empty lines and count all of them", () => {
    expect(read('a\n\n\n"b\nc"\nd')).toEqual([
      { row: ["a"], line: 1 },
      { row: ["b\nc"], line: 4 },
      { row: ["d"], line: 6 },
    ]);
  });

  it("say where a quote is not closed", () => {
    expect(() => read('a,b\nc,"d\ne,f\n')).toThrow(/line 2/);
    expect(() => read(`a,b\n\nc,"${"d".repeat(2000)}"`)).toThrow(/line 3/);
  });

  it("are what was written, in pieces of any size", () => {
    const cell = fc.string({ maxLength: 6, unit: fc.constantFrom("a", " ", ",", '"', "\n", ";") });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 9 }), (rows, piece) => {
        const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\n");
        expect(read(text, ",", piece).map(({ row }) => row)).toEqual(rows);
      }),
    );
  });

  it("are what csv-parse reads", () => {
    const cell = fc.tuple(
      fc.string({ maxLength: 6, unit: fc.constantFrom("a", " ", ",", '"', "\n", ";") }),
      fc.boolean(),
    );
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const written = ([text, quoted]: [string, boolean]) =>
      quoted || /[,"\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((row) => row.map(written).join(",")).join("\n");
        expect(rowsIn(text)).toEqual(parse(text, { relax_column_count: true, skip_empty_lines: true }));
      }),
    );
  });
});
