import { describe, expect, it } from "vitest";
import { lifeHeaders, lifeSentence, successorsOf } from "./life.ts";

const life = {
  name: "small",
  stage: "deprecated" as const,
  deprecatedAt: new Date("2023-06-30T23:59:59Z"),
  sunsetAt: new Date("2024-06-30T23:59:59Z"),
  successor: "larger",
};

describe("a deprecated model", () => {
  it("says so as RFC 9745 and RFC 8594 have it", () => {
    // The dates and their forms are those of the examples in both documents.
    expect(lifeHeaders(life)).toEqual({
      deprecation: "@1688169599",
      sunset: "Sun, 30 Jun 2024 23:59:59 GMT",
      link: '</v1/models/larger>; rel="successor-version"',
    });
    expect(lifeHeaders({ ...life, sunsetAt: null, successor: null })).toEqual({ deprecation: "@1688169599" });
    expect(lifeHeaders({ ...life, stage: "active" })).toEqual({});
    expect(lifeHeaders({ ...life, stage: "preview" })).toEqual({});
  });

  it("is told of in a sentence", () => {
    expect(lifeSentence(life)).toBe(
      "small is deprecated since 30 Jun 2023 and ends on 30 Jun 2024; larger replaces it.",
    );
    expect(lifeSentence({ ...life, stage: "active" })).toBeUndefined();
    expect(lifeSentence({ ...life, stage: "preview" })).toMatch(/preview/);
  });

  it("may be replaced by what is replaced itself, but not in a circle", () => {
    const lives = [
      { name: "a", successor: "b" },
      { name: "b", successor: "c" },
      { name: "c", successor: null },
      { name: "x", successor: "y" },
      { name: "y", successor: "x" },
    ];
    expect(successorsOf("a", lives)).toEqual(["b", "c"]);
    expect(successorsOf("c", lives)).toEqual([]);
    expect(successorsOf("x", lives)).toBeUndefined();
  });
});
