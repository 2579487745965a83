import { describe, expect, it } from "vitest";
import { nextOrder, viewRows } from "./table-view.ts";

interface Row {
  readonly name: string;
  readonly size?: number;
}
const rows: readonly Row[] = [{ name: "tug-small", size: 17 }, { name: "Tug-10" }, { name: "tug-2", size: 4 }];
const columns = [
  { id: "name", value: (row: Row) => row.name },
  { id: "size", value: (row: Row) => row.size },
];
const names = (filter: string, order?: Parameters<typeof viewRows>[3]) =>
  viewRows(rows, columns, filter, order).map((row) => row.name);

describe("viewRows", () => {
  it("keeps rows that hold every word, whatever the case", () => {
    expect(names("TUG 17")).toEqual(["tug-small"]);
    expect(names("nothing")).toEqual([]);
    expect(names("  ")).toHaveLength(3);
  });
  it("sorts numbers as numbers, text as people do, and the unknown last both ways", () => {
    expect(names("", { column: "size", direction: "ascending" })).toEqual(["tug-2", "tug-small", "Tug-10"]);
    expect(names("", { column: "size", direction: "descending" })).toEqual(["tug-small", "tug-2", "Tug-10"]);
    expect(names("", { column: "name", direction: "ascending" })).toEqual(["tug-2", "Tug-10", "tug-small"]);
  });
  it("leaves the given rows alone", () => {
    names("", { column: "name", direction: "ascending" });
    expect(rows[0]?.name).toBe("tug-small");
  });
});

describe("nextOrder", () => {
  it("goes ascending, descending, unsorted", () => {
    const first = nextOrder(undefined, "name");
    const second = nextOrder(first, "name");
    expect([first?.direction, second?.direction, nextOrder(second, "name")]).toEqual([
      "ascending",
      "descending",
      undefined,
    ]);
    expect(nextOrder(first, "size")).toEqual({ column: "size", direction: "ascending" });
  });
});
