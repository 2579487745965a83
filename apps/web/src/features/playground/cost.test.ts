import { describe, expect, it } from "vitest";
import { costOf, dollars } from "./cost.ts";
import type { Answer } from "./types.ts";

const answer: Answer = { status: "done", text: "x", seed: 1, completionTokens: 5 };

describe("what an answer cost", () => {
  it("is what the service counts", () => {
    expect(costOf({ ...answer, costMicroUsd: 1234 }, "service", true)?.value).toBe("$0.00123");
    expect([0, 0.25, 7.25, 1e4, 1_234_567].map(dollars)).toEqual([
      "$0",
      "$0.00000025",
      "$0.00000725",
      "$0.01",
      "$1.23",
    ]);
  });

  it("is free where nobody charges, and unknown where nobody says", () => {
    expect(costOf(answer, "browser", true)?.value).toBe("free");
    expect(costOf(answer, "service", true)?.value).toBe("free on this machine");
    expect(costOf({ ...answer, costMicroUsd: 0 }, "service", true)?.value).toBe("free on this machine");
    expect(costOf({ ...answer, costMicroUsd: 0 }, "service", false)?.value).toBe("$0");
    expect(costOf(answer, "service", false)?.value).toBe("cost unknown");
    expect(costOf({ ...answer, completionTokens: undefined }, "service", true)).toBeUndefined();
  });
});
