import { describe, expect, it } from "vitest";
import { outcomeOf, percent, tuningAnswer } from "./run-state.ts";
import type { Run } from "./types.ts";

const summary = {
  verdict: "better",
  sentence: "Better by 11 points.",
  measure: "accuracy",
  tuned: { score: 0.8, low: 0.7, high: 0.9 },
  p: 0.02,
} as const satisfies NonNullable<Run["summary"]>;
const done = { state: "done", stage: "done", summary } as const;
const going = { state: "running", stage: "training", summary: null } as const;

describe("the list of runs", () => {
  it("says first what became better and what is under way", () => {
    expect(tuningAnswer(undefined)).toBe("Is the tuned model better, and on what?");
    expect(tuningAnswer([])).toBe("No model was tuned yet.");
    expect(tuningAnswer([done, going])).toBe("1 run came out better; 1 under way.");
    expect(tuningAnswer([{ ...done, summary: { ...summary, verdict: "unsure" } }])).toBe("No run came out better yet.");
  });

  it("words every outcome", () => {
    expect(outcomeOf(done)).toEqual({ tone: "good", text: "better" });
    expect(outcomeOf(going)).toEqual({ tone: "accent", text: "training" });
    expect(outcomeOf({ ...going, state: "failed" })).toEqual({ tone: "bad", text: "failed" });
    expect(percent(0.825)).toBe("82.5\u00a0%");
  });
});
