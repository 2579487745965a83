import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toCsv } from "./csv.ts";

/** A plain reader of RFC 4180, to read back what was written. */
function fromCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '"' && text[at + 1] === '"') {
        field += '"';
        at++;
      } else if (char === '"') quoted = false;
      else field += char;
    } else if (char === '"') quoted = true;
    else if (char === "," || char === "\r") {
      row.push(field);
      field = "";
      if (char === "\r") {
        rows.push(row);
        row = [];
        at++;
      }
    } else field += char;
  }
  return rows;
}

describe("toCsv", () => {
  it("reads back as it was, whatever the text holds", () => {
    const text = fc.string().filter((value) => !/^[=+\-@\t\r]/.test(value));
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (rows) => {
        expect(fromCsv(toCsv(["a", "b"], rows))).toEqual([["a", "b"], ...rows]);
      }),
    );
  });

  it("never hands a spreadsheet a formula", () => {
    expect(toCsv(["name"], [["=HYPERLINK(1)"], ["+1"], ["@x"]])).toBe("name\r\n'=HYPERLINK(1)\r\n'+1\r\n'@x\r\n");
  });

  it("writes numbers plainly", () => {
    expect(toCsv(["n"], [[-1.5], [Number.NaN]])).toBe("n\r\n-1.5\r\n\r\n");
  });
});
