import type { PriceBookInfo } from "@tugboat/db";
import { describe, expect, it } from "vitest";
import { priceGap, timeProblem } from "./price-timeline.ts";

const at = (day: string) => new Date(`${day}T00:00:00Z`);
const entry = (target: string) => ({ target, input: 1, cachedInput: 0, output: 1, perHour: 0, marginBasisPoints: 0 });
const book = (version: number, from: string, ...targets: string[]): PriceBookInfo => ({
  ...{ id: String(version), organizationId: "o", version, effectiveFrom: at(from), note: "", createdBy: "system" },
  ...{ createdAt: at(from), prices: targets.map(entry) },
});

describe("the time of new prices", () => {
  const versions = [book(1, "2026-01-01"), book(2, "2027-01-01")];
  const problem = (from: string, until?: string) =>
    timeProblem(versions, { from: at(from), until: until === undefined ? undefined : at(until) });

  it("is refused where two versions would be in force, with the days", () => {
    expect(problem("2026-12-01")).toBe(
      "From 2027-01-01 these prices would overlap version 2, which begins then: let them end on 2027-01-01.",
    );
    expect(problem("2026-12-01", "2027-02-15")).toContain("From 2027-01-01 to 2027-02-15 these prices would overlap");
  });
  it("is refused where none would be, over a leap day too", () => {
    expect(problem("2026-12-01", "2026-12-20")).toContain("from 2026-12-20 to 2027-01-01, when version 2 begins");
    expect(problem("2028-02-01", "2028-02-29")).toContain("Nothing would have a price from 2028-02-29 on");
    expect(problem("2026-12-01", "2026-11-01")).toContain("before they begin");
  });
  it("is right where it ends as the next begins, or takes the place of one that has not begun", () => {
    expect(problem("2026-12-01", "2027-01-01")).toBeUndefined();
    expect(problem("2027-01-01")).toBeUndefined();
    expect(problem("2027-06-01")).toBeUndefined();
    expect(timeProblem([], { from: at("2026-12-01"), until: undefined })).toBeUndefined();
  });
});

describe("what is in use", () => {
  const versions = [book(1, "2026-01-01", "words", "old")];
  const gap = (targets: readonly string[], model = "words", target = "words-q8") =>
    priceGap(versions, targets.map(entry), at("2026-12-01"), [{ model, target }]);

  it("keeps a price: by its name, by what serves it, or by the one for everything", () => {
    expect(gap(["other"])).toBe(
      "From 2026-12-01 on nothing would price words, used in the last 30 days: give a price, 0 for what is free, or one for * (everything else).",
    );
    expect([gap(["words"]), gap(["words-q8"]), gap(["*"])]).toEqual([undefined, undefined, undefined]);
  });
  it("may stay without one, when it never had any", () => expect(gap([], "new", "new")).toBeUndefined());
});
