import { expect, it } from "vitest";
import { shownToken, tokenFigures } from "./token-view.ts";

const token = (text: string, bytes: readonly number[] = [], special = false) => ({ id: 1, text, bytes, special });

it("writes out what can't be seen", () => {
  expect(shownToken(token(" the"))).toBe("·the");
  expect(shownToken(token("\n"))).toBe("⏎\n");
  expect(shownToken(token("\u{fffd}", [0xf0, 0x9f]))).toBe("\\xf0\\x9f");
  expect(shownToken(token("<|im_end|>", [], true))).toBe("<|im_end|>");
});

it("counts characters as people do", () => {
  const figures = tokenFigures("a🚢", [token("a"), token("🚢")]);
  expect(figures).toEqual({ tokens: 2, characters: 2, distinct: 1, charactersPerToken: 1 });
  expect(tokenFigures("", []).charactersPerToken).toBeUndefined();
});
