import { expect, it } from "vitest";
import { cacheLine } from "./cache-line.ts";

const cache = { maxError: 0.05, questions: 0, hits: 0, expectedWrong: 0, checked: 0, wrong: 0 };

it("says what is learnt, what came from memory and how often that was wrong", () => {
  expect(cacheLine(cache)).toContain("Nothing was asked yet");
  expect(cacheLine({ ...cache, questions: 12 })).toContain("Learning what means the same from 12 questions");
  expect(cacheLine({ ...cache, questions: 200, hits: 90, expectedWrong: 5, checked: 6, wrong: 1 })).toBe(
    "45 % of 200 questions answered from memory; at most 5.0 % may differ, expected 2.5 % at most, 1 of 6 that were checked did.",
  );
});
