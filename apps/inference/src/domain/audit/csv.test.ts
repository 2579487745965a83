import { expect, it } from "vitest";
import { csvLine } from "./csv.ts";

it("quotes what has to be quoted", () => {
  expect(csvLine(["a", "b,c", 'say "x"', "two\nlines", ""])).toBe('a,"b,c","say ""x""","two\nlines",\r\n');
});

it("lets no cell become a formula", () => {
  expect(csvLine(["=1+1", "@SUM(A1)", "-3", "+4"])).toBe("'=1+1,'@SUM(A1),'-3,'+4\r\n");
});
