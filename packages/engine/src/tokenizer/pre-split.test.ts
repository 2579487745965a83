import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preSplitNamed, splitByPatterns } from "./pre-split.ts";

const split = (name: string | undefined, text: string) => splitByPatterns(text, preSplitNamed(name).patterns);

describe("preSplitNamed", () => {
  it.each([
    ["gpt-2", "I'll pay 1234 USD!\n\n  ok", ["I", "'ll", " pay", " 1234", " USD", "!", "\n\n ", " ok"]],
    ["llama-bpe", "I'LL pay 1234!\n\n  ok", ["I", "'LL", " pay", " ", "123", "4", "!\n\n", " ", " ok"]],
    ["qwen2", "pay 1234", ["pay", " ", "1", "2", "3", "4"]],
    ["smollm", "pay 12", ["pay", " ", "1", "2"]],
    ["deepseek-v3", "x1234漢字ok(foo", ["x", "123", "4", "漢字", "ok", "(foo"]],
    ["deepseek-coder", "a, b12\n\n漢字", ["a", ",", " b", "1", "2", "\n", "\n", "漢字"]],
    ["gpt-4o", "HTTPServer don't 1234", ["HTTPServer", " don't", " ", "123", "4"]],
    ["tekken", "camelCase 12", ["camel", "Case", " ", "1", "2"]],
    ["seed-coder", "a !?\n", ["a", " !?", "\n"]],
    ["bailingmoe", "a\n\nb", ["a", "\n\n", "b"]],
    ["bloom", "it is, so", ["it", " is", ",", " so"]],
    ["falcon", "a+b 12345", ["a", "+", "b", " ", "123", "45"]],
    [undefined, "a, b 1234", ["a", ",", " b", " ", "123", "4"]],
  ] as const)("%s splits %j", (name, text, words) => {
    expect(split(name, text)).toEqual(words);
  });

  it("loses nothing, whatever the text", () => {
    const names = ["default", "gpt-2", "llama-bpe", "qwen2", "deepseek-v3", "gpt-4o", "tekken", "viking", "falcon"];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: "binary", maxLength: 60 }), (name, text) => {
        const words = split(name, text);
        expect(words.join("")).toBe(text);
        expect(words).not.toContain("");
      }),
      { numRuns: 1000 },
    );
  });

  it("takes U+0085 for white space and U+FEFF for a mark, as Unicode does", () => {
    expect(split("gpt-2", "a\u0085\u0085b\ufeffc")).toEqual(["a", "\u0085", "\u0085", "b", "\ufeff", "c"]);
  });
});
