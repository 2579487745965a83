import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../errors.ts";
import { readGguf } from "../formats/gguf.ts";
import { memorySource } from "../formats/memory.ts";
import { createTokenizer } from "./create.ts";
import { splitBy } from "./hf-pre-tokenizer.ts";
import { longText, nastyTexts } from "./testing/nasty-texts.ts";

const file = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
const { metadata } = await readGguf(memorySource(readFileSync(file), "stories260K.gguf"));
const fromGguf = createTokenizer({ kind: "gguf", metadata });
const tokens = metadata.needStrings("tokenizer.ggml.tokens");
const scores = Array.from(metadata.numbers("tokenizer.ggml.scores") ?? []);
const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));

/** Every way to put a token together from two others, the best token first: how SentencePiece's models are converted. */
const merges = tokens
  .flatMap((token, id) => {
    const units = Array.from(token);
    const cuts = units.slice(1).map((_, i) => [units.slice(0, i + 1).join(""), units.slice(i + 1).join("")] as const);
    return cuts.filter(([left, right]) => left in vocab && right in vocab).map((pair) => ({ pair, id }));
  })
  .sort((a, b) => scores[b.id]! - scores[a.id]!)
  .map(({ pair }) => pair);

const added = ["<unk>", "<s>", "</s>"].map((content, id) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
}));
const bpe = {
  type: "BPE",
  vocab,
  merges,
  unk_token: "<unk>",
  fuse_unk: true,
  byte_fallback: true,
  ignore_merges: false,
};
const replaceSpaces = { type: "Replace", pattern: { String: " " }, content: "▁" };
const decoders = [
  { type: "Replace", pattern: { String: "▁" }, content: " " },
  { type: "ByteFallback" },
  { type: "Fuse" },
];
const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
const frame = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [],
  special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
};
const llama2 = {
  added_tokens: added,
  normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, replaceSpaces] },
  pre_tokenizer: null,
  post_processor: frame,
  decoder: { type: "Sequence", decoders: [...decoders, strip] },
  model: bpe,
};
const metaspace = (scheme: string, split: boolean) => ({
  ...llama2,
  normalizer: null,
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split },
});
const unigram = {
  ...metaspace("always", true),
  model: { type: "Unigram", unk_id: 0, vocab: tokens.map((token, id) => [token, id < 3 ? 0 : -3 - id / 64]) },
};
const config = { bos_token: "<s>", eos_token: "</s>", clean_up_tokenization_spaces: false };
const made = (tokenizerJson: Record<string, unknown>) =>
  createTokenizer({ kind: "hf", tokenizerJson, tokenizerConfig: config });

describe("a Llama 2 tokenizer.json", () => {
  const ours = made(llama2);
  it.each([...nastyTexts, longText(30_000)].map((text) => [text]))("gives what GGUF gives: %j", (text) => {
    expect(ours.encode(text, { bos: true })).toEqual(fromGguf.encode(text, { bos: true }));
    expect(ours.encode(text, { special: true })).toEqual(fromGguf.encode(text, { special: true }));
    expect(ours.decode(ours.encode(text))).toBe(text.replaceAll("▁", " "));
  });
  it("knows its special tokens", () => {
    expect([ours.bos, ours.eos, ours.addsBos, ours.stripsLeadingSpace]).toEqual([1, 2, true, true]);
    expect([...ours.endOfGeneration]).toEqual([2]);
  });
});

describe("against the library", () => {
  it.each([
    ["Llama 2's normalizer", llama2],
    ["Metaspace, always", metaspace("always", true)],
    ["Metaspace, never", metaspace("never", false)],
  ])("%s gives the same tokens", (_, json) => {
    const library = new Library(json, config);
    for (const text of nastyTexts.slice(1)) {
      const ids: number[] = library.encode(text, { add_special_tokens: false }).ids;
      expect(made(json).encode(text, { special: true }), text).toEqual(ids);
    }
  });

  it("unigram gives tokens of the same total score", () => {
    const library = new Library(unigram, config);
    const ours = made(unigram);
    const total = (ids: readonly number[]) => ids.reduce((sum, id) => sum + (id < 3 ? -21 : -3 - id / 64), 0);
    const text = fc.string({ unit: fc.constantFrom(..."the andlily ow🚀"), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, (input) => {
        const ids = ours.encode(input);
        const expected: number[] = library.encode(input, { add_special_tokens: false }).ids;
        expect(total(ids.filter((id) => id > 2))).toBeCloseTo(total(expected.filter((id) => id > 2)), 6);
        // Metaspace adds no space to a text that has one, and takes one away either way.
        if (!input.includes("🚀")) expect(ours.decode(ids)).toBe(input.replace(/^ /, ""));
      }),
    );
  });
});

describe("splitBy", () => {
  // The examples of the tokenizers library's documentation.
  it.each([
    ["Removed", ["the", "final", "countdown"]],
    ["Isolated", ["the", "-", "final", "-", "-", "countdown"]],
    ["MergedWithPrevious", ["the-", "final-", "-", "countdown"]],
    ["MergedWithNext", ["the", "-final", "-", "-countdown"]],
    ["Contiguous", ["the", "-", "final", "--", "countdown"]],
  ] as const)("%s", (behavior, words) => {
    expect(splitBy("the-final--countdown", /-/gu, behavior, false)).toEqual(words);
  });
  it("inverts", () => {
    expect(splitBy("ab--c", /\w+/gu, "Removed", true)).toEqual(["ab", "c"]);
  });
});

describe("a bad tokenizer.json", () => {
  it.each<readonly [string, string, Record<string, unknown>]>([
    ["no model", "bad-model", { added_tokens: [] }],
    ["an id that is no number", "bad-model", { model: { ...bpe, vocab: { a: "1" } } }],
    ["an id far past the end", "bad-model", { model: { ...bpe, vocab: { a: 9_000_000 } } }],
    ["a merge that is no pair", "bad-model", { model: { ...bpe, merges: [["a"]] } }],
    ["WordPiece", "unsupported", { model: { type: "WordPiece", vocab: { a: 0 } } }],
    ["an unknown normalizer", "unsupported", { ...llama2, normalizer: { type: "Nmt" } }],
    ["an unknown pre_tokenizer", "unsupported", { ...llama2, pre_tokenizer: { type: "UnicodeScripts" } }],
    ["an unknown decoder", "unsupported", { ...llama2, decoder: { type: "CTC" } }],
    [
      "a broken pattern",
      "unsupported",
      { ...llama2, normalizer: { type: "Replace", pattern: { Regex: "(" }, content: "" } },
    ],
  ])("is refused for %s", (_, code, json) => {
    expect(() => made(json)).toThrow(expect.objectContaining({ code }));
  });

  it("never gives anything but an EngineError, whatever is changed in it", () => {
    const small = {
      ...llama2,
      model: { ...bpe, vocab: { "<unk>": 0, "<s>": 1, "</s>": 2, a: 3, "▁": 4, "▁a": 5 }, merges: [["▁", "a"]] },
    };
    const text = JSON.stringify(small);
    const values = [...text.matchAll(/(?<=:)(?:"[^"]*"|-?\d+|true|false|null|\[[^[\]]*\]|\{[^{}]*\})/g)];
    const replacement = fc.constantFrom(
      "null",
      "-1",
      "1e99",
      "0.5",
      '""',
      '"x"',
      "[]",
      "{}",
      "[[]]",
      '{"type":"ByteLevel"}',
      "true",
    );
    fc.assert(
      fc.property(fc.nat(values.length - 1), replacement, (which, value) => {
        const match = values[which]!;
        const json: Record<string, unknown> = JSON.parse(
          text.slice(0, match.index) + value + text.slice(match.index + match[0].length),
        );
        try {
          expect(Array.isArray(made(json).encode("a <s> é"))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
