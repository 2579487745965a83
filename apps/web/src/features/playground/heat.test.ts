import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { heatOf, percent, wordsOf } from "./heat.ts";
import type { TokenLikelihood } from "./types.ts";

const token = (text: string, probability: number): TokenLikelihood => ({
  text,
  bytes: [...new TextEncoder().encode(text)],
  logprob: Math.log(probability),
  top: [],
});

describe("the heat of words", () => {
  it("joins tokens into words, as likely as all of their tokens together", () => {
    const words = wordsOf([token("light", 0.5), token("house", 0.5), token(" is", 0.9), token(".", 0.1)]);
    expect(words.map(({ text }) => text)).toEqual(["lighthouse", " is."]);
    expect(words[0]?.probability).toBeCloseTo(0.25);
    expect(words.map(({ at }) => at)).toEqual([0, 2]);
  });

  it("puts a character together that two tokens share", () => {
    const [a = 0, b = 0, c = 0] = new TextEncoder().encode("€");
    const parts = [
      { text: "\ufffd", bytes: [a, b], logprob: 0, top: [] },
      { text: "\ufffd", bytes: [c], logprob: 0, top: [] },
    ];
    expect(wordsOf(parts)[0]?.text).toBe("€");
  });

  it("loses no text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
        const words = wordsOf(texts.map((text) => token(text, 0.5)));
        expect(words.map(({ text }) => text).join("")).toBe(texts.join(""));
      }),
    );
  });

  it("is told in steps and in percent", () => {
    expect([1, 0.7, 0.4, 0.2, 0.01].map(heatOf)).toEqual([0, 1, 2, 3, 4]);
    expect([1, 0.9999, 0.993, 0.5, 0.012, 0.0001].map(percent)).toEqual([
      "100 %",
      "99.9 %",
      "99.3 %",
      "50 %",
      "1.2 %",
      "below 0.1 %",
    ]);
  });
});
