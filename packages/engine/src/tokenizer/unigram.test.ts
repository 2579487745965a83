import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GgufMetadata, type GgufValue } from "../formats/gguf-metadata.ts";
import { Charsmap } from "./charsmap.ts";
import { createTokenizer } from "./create.ts";
import { doubleArray } from "./testing/double-array.ts";
import { Unigram } from "./unigram.ts";
import { Vocabulary } from "./vocabulary.ts";

const texts = ["<unk>", "a", "b", "c", "ab", "bc", "abc", "🚀", "🚀a", "cab"];
const scores = [0, -2.5, -2.25, -3, -3.5, -4.125, -8, -5, -6, -5.5];

/** The best sum over all ways to cut the text, by trying each; unknown characters cost the worst score and 10 more. */
function bestScore(text: string): number {
  if (text === "") return 0;
  const first = String.fromCodePoint(text.codePointAt(0)!);
  let best = texts.includes(first) ? Number.NEGATIVE_INFINITY : -18 + bestScore(text.slice(first.length));
  texts.forEach((token, id) => {
    if (id > 0 && text.startsWith(token)) best = Math.max(best, scores[id]! + bestScore(text.slice(token.length)));
  });
  return best;
}

describe("Unigram", () => {
  const vocabulary = new Vocabulary(texts, ["unknown", ...texts.slice(1).map(() => "normal" as const)]);
  it("finds the best of all ways to cut a text", () => {
    const model = new Unigram(vocabulary, scores, { unknown: undefined, byteFallback: false });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "c", "🚀"), maxLength: 10 }), (text) => {
        const ids: number[] = [];
        model.encode(text, ids, true);
        expect(ids.map((id) => texts[id]).join("")).toBe(text);
        expect(ids.reduce((sum, id) => sum + scores[id]!, 0)).toBeCloseTo(bestScore(text), 9);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives one unknown token for a run of unknown characters", () => {
    const ids: number[] = [];
    new Unigram(vocabulary, scores, { unknown: 0, byteFallback: false }).encode("ax🫠ya", ids, true);
    expect(ids).toEqual([1, 0, 1]);
  });
});

describe("Charsmap", () => {
  it("replaces the longest prefix that has a rule", () => {
    const map = new Charsmap(
      doubleArray([
        ["ﬁ", "fi"],
        ["\u3000", " "],
        ["e\u0301", "é"],
        ["e\u0301\u0301", "!"],
        ["\u200b", ""],
      ]),
    );
    expect(map.normalize("ﬁne\u3000cafe\u0301 e\u0301\u0301 z\u200bero e 🚀")).toBe("fine café ! zero e 🚀");
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: "binary" }), (bytes, text) => {
        const size = Math.floor(bytes.length / 8) * 4;
        const map = new Charsmap(Uint8Array.of(size, 0, 0, 0, ...bytes));
        try {
          expect(map.normalize(text).length).toBeLessThanOrEqual(text.length * 256);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-model" });
        }
      }),
    );
  });
});

describe("t5 from GGUF", () => {
  const tokens = ["<pad>", "</s>", "<unk>", "▁", "▁he", "llo", "l", "o", "é", "▁hello", "▁a"];
  const entries = new Map<string, GgufValue>([
    ["tokenizer.ggml.model", { type: "string", value: "t5" }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "i32", value: Int32Array.of(3, 3, 2, ...Array(8).fill(1)) }],
    [
      "tokenizer.ggml.scores",
      { type: "array", of: "f32", value: Float32Array.of(0, 0, 0, -2, -3, -3, -4, -4, -5, -7, -3) },
    ],
    ["tokenizer.ggml.remove_extra_whitespaces", { type: "bool", value: true }],
    [
      "tokenizer.ggml.precompiled_charsmap",
      {
        type: "array",
        of: "u8",
        value: doubleArray([
          ["e\u0301", "é"],
          ["\u3000", " "],
        ]),
      },
    ],
  ]);
  const tokenizer = createTokenizer({ kind: "gguf", metadata: new GgufMetadata(entries, "t5.gguf") });

  it("normalises, puts a space first, and ends with EOS", () => {
    expect(tokenizer.encode("hello  a e\u0301\u3000 ", { bos: true }).map((id) => tokens[id])).toEqual([
      "▁he",
      "llo",
      "▁a",
      "▁",
      "é",
      "</s>",
    ]);
    expect(tokenizer.decode(tokenizer.encode("hello a"))).toBe("hello a");
  });
});
