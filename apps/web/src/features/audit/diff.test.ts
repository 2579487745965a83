import { describe, expect, it } from "vitest";
import { changesBetween, fieldName } from "./diff.ts";

describe("changesBetween", () => {
  it("names only what differs", () => {
    expect(changesBetween({ name: "Ada", role: "viewer" }, { name: "Ada", role: "admin" })).toEqual([
      { field: "role", before: "viewer", after: "admin" },
    ]);
  });

  it("shows what came and what went", () => {
    expect(changesBetween(null, { email: "a@b.c" })).toEqual([{ field: "email", before: undefined, after: "a@b.c" }]);
    expect(changesBetween({ email: "a@b.c" }, null)).toEqual([{ field: "email", before: "a@b.c", after: undefined }]);
    expect(changesBetween(null, null)).toEqual([]);
  });

  it("looks inside objects and writes lists out", () => {
    expect(
      changesBetween({ limits: { rpm: 60, tpm: null }, scopes: ["*"] }, { limits: { rpm: 90, tpm: 5 }, scopes: [] }),
    ).toEqual([
      { field: "limits.rpm", before: "60", after: "90" },
      { field: "limits.tpm", before: "none", after: "5" },
      { field: "scopes", before: "*", after: "none" },
    ]);
  });

  it("says yes and no, and tells an empty text from none", () => {
    expect(changesBetween({ archived: false, note: null }, { archived: true, note: "" })).toEqual([
      { field: "archived", before: "no", after: "yes" },
      { field: "note", before: "none", after: "empty" },
    ]);
  });

  it("takes a bare value for a record of one field", () => {
    expect(changesBetween("old", "new")).toEqual([{ field: "value", before: "old", after: "new" }]);
  });
});

it("reads a field's name as words", () => {
  expect(fieldName("requestsPerMinute")).toBe("requests per minute");
  expect(fieldName("limits.expiresAt")).toBe("limits expires at");
});
