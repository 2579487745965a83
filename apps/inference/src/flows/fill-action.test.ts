// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a flow look like this
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../domain/flows/steps.ts";
import { fillAction, shortened } from "./fill-action.ts";

const ask: Action = {
  kind: "model",
  model: "m",
  system: null,
  prompt: "Question: ${input.q}\nText: ${text}\nAnswer:",
  maxTokens: 8,
  temperature: 0,
  output: null,
};

describe("a prompt beyond a model's context", () => {
  it("loses the end of its longest value first, and nothing that the author wrote", () => {
    const filled = fillAction(ask, { input: { q: "Who may?" }, text: "word ".repeat(100) });
    if (filled.kind !== "model") throw new Error("no model");
    expect(filled.prompt).toBe(`Question: Who may?\nText: ${"word ".repeat(100)}\nAnswer:`);
    const once = shortened(filled.pieces);
    expect(once?.map(({ text }) => text)).toEqual([
      "Question: ",
      "Who may?",
      "\nText: ",
      expect.stringMatching(/^(word )+…$/),
      "\nAnswer:",
    ]);
    expect(once?.[3]?.text.length).toBeLessThanOrEqual(375);
  });

  it("becomes shorter each time, until nothing is left to cut", () => {
    const pieces = fc.array(fc.record({ text: fc.string({ maxLength: 3000 }), isValue: fc.boolean() }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(pieces, (all) => {
        let now = all;
        for (let round = 0; round < 60; round++) {
          const next = shortened(now);
          if (next === undefined) return;
          const size = (some: typeof all) => some.reduce((sum, { text }) => sum + text.length, 0);
          expect(size(next)).toBeLessThan(size(now));
          expect(next.filter(({ isValue }) => !isValue)).toEqual(all.filter(({ isValue }) => !isValue));
          now = next;
        }
        throw new Error("it did not end");
      }),
    );
  });
});
