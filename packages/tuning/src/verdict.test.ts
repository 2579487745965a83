import { describe, expect, it } from "vitest";
import { compare } from "./verdict.ts";

describe("the verdict", () => {
  const scores = (right: number, of = 40) => Array.from({ length: of }, (_, i) => (i < right ? 1 : 0));

  it("is better when it hardly can be luck", () => {
    const { p, sentence, verdict } = compare(scores(34), { name: "5-shot", scores: scores(20) }, [], true);
    expect(verdict).toBe("better");
    expect(p).toBeLessThan(0.001);
    expect(sentence).toMatch(
      /^Better by 35 points than 5-shot; with 40 held-out examples this could be luck 1 time in/,
    );
  });

  it("is unsure when it may be luck, and not better when it isn't", () => {
    expect(compare(scores(22), { name: "zero-shot", scores: scores(20) }, [], true).verdict).toBe("unsure");
    expect(compare(scores(20), { name: "zero-shot", scores: scores(20) }, [], true).verdict).toBe("not better");
    expect(compare(scores(10), { name: "zero-shot", scores: scores(20) }, [], true).sentence).toContain("Worse by 25");
  });

  it("says first when something plain does as well", () => {
    const plain = [{ name: "linear classifier", scores: scores(36) }];
    const { sentence, verdict } = compare(scores(34), { name: "zero-shot", scores: scores(10) }, plain, true);
    expect(verdict).toBe("better");
    expect(sentence).toMatch(/^A linear classifier does better than the tuned model/);
  });
});
