import { describe, expect, it } from "vitest";
import { AddedTokens } from "./added-tokens.ts";

const token = (id: number, content: string, more = {}) => ({ id, content, special: true, ...more });

describe("AddedTokens", () => {
  it("finds the leftmost, and the longest of those that start there", () => {
    const tokens = new AddedTokens([token(1, "ab"), token(2, "abc"), token(3, "cd"), token(4, "")]);
    expect(tokens.split("xabcdab", true)).toEqual([{ text: "x" }, { token: 2 }, { text: "d" }, { token: 1 }]);
    expect(tokens.split("abab", true)).toEqual([{ token: 1 }, { token: 1 }]);
    expect(tokens.split("", true)).toEqual([]);
  });

  it("leaves special tokens in the text unless they are allowed", () => {
    const tokens = new AddedTokens([token(1, "<s>"), token(2, "<sp", { special: false })]);
    expect(tokens.split("<s><sp", false)).toEqual([{ text: "<s>" }, { token: 2 }]);
    expect(tokens.split("<s><sp", true)).toEqual([{ token: 1 }, { token: 2 }]);
  });

  it("swallows white space where a token says so", () => {
    const tokens = new AddedTokens([token(1, "<l>", { stripLeft: true }), token(2, "<r>", { stripRight: true })]);
    expect(tokens.split("a \n<l> b <r>\t c", true)).toEqual([
      { text: "a" },
      { token: 1 },
      { text: " b " },
      { token: 2 },
      { text: "c" },
    ]);
    expect(tokens.split("  <l>", true)).toEqual([{ token: 1 }]);
  });

  it("matches whole words where a token says so", () => {
    const tokens = new AddedTokens([token(1, "cat", { singleWord: true })]);
    expect(tokens.split("cat concat cats cat", true)).toEqual([{ token: 1 }, { text: " concat cats " }, { token: 1 }]);
  });
});
