import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { daysProblem, readFilters, toQuery, writeFilters } from "./filters.ts";

describe("the audit log's address", () => {
  it("comes back as it was written", () => {
    const text = fc.string({ minLength: 1, maxLength: 60 }).filter((value) => value.trim() === value && value !== "");
    const filters = fc.record({ actor: text, action: text, subject: text }, { requiredKeys: [] });
    fc.assert(
      fc.property(filters, (given) => {
        expect(readFilters(new URLSearchParams(writeFilters(given)))).toEqual(given);
      }),
    );
  });

  it("leaves out what can't be meant", () => {
    expect(
      readFilters(new URLSearchParams({ from: "yesterday", to: "2026-02-30", actor: " ", action: "x".repeat(65) })),
    ).toEqual({});
  });

  it("carries the page", () => {
    expect(writeFilters({ action: "keys." }, "abc")).toBe("?action=keys.&cursor=abc");
    expect(writeFilters({})).toBe("");
  });
});

describe("what the service is asked", () => {
  it("takes whole days of the reader, the last one included", () => {
    const { from, to } = toQuery({ from: "2026-03-02", to: "2026-03-02" });
    expect(new Date(from ?? "").getTime()).toBe(new Date(2026, 2, 2).getTime());
    expect(new Date(to ?? "").getTime()).toBe(new Date(2026, 2, 3).getTime());
  });

  it("is refused before asking when the days are the wrong way round", () => {
    expect(daysProblem({ from: "2026-03-03", to: "2026-03-02" })).toBe("The last day lies before the first.");
    expect(daysProblem({ from: "2026-03-02", to: "2026-03-02" })).toBeUndefined();
  });
});
