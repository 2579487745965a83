import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openGguf } from "../formats/gguf.ts";
import { GgufMetadata, type GgufValue } from "../formats/gguf-metadata.ts";
import { memorySource } from "../formats/memory.ts";
import { createTokenizer } from "./create.ts";
import { StreamDecoder } from "./stream-decoder.ts";
import { nastyTexts } from "./testing/nasty-texts.ts";
import type { Tokenizer } from "./types.ts";

async function bundled(file: string): Promise<Tokenizer> {
  const path = fileURLToPath(new URL(`../../../../models/${file}`, import.meta.url));
  return createTokenizer((await openGguf(memorySource(readFileSync(path), file))).tokenizer);
}
const stories = await bundled("stories260K/stories260K.gguf");
const small = await bundled("tug-small/tug-small-q8_0.gguf");
const both = [
  ["SentencePiece", stories],
  ["byte-level BPE", small],
] as const;

describe("encode", () => {
  it("gives the ids that llama2.c gives", () => {
    expect(stories.encode("Once upon a time", { bos: true })).toEqual([1, 403, 407, 261, 378]);
    expect(stories.encode("Once upon a time")).toEqual([403, 407, 261, 378]);
  });

  it("adds BOS only where the model asks for it", () => {
    expect(stories.addsBos).toBe(true);
    expect(small.addsBos).toBe(false);
    expect(small.encode("hi", { bos: true })).toEqual(small.encode("hi"));
  });

  it("parses control tokens only when told to", () => {
    const text = "<|im_start|>user\nhi<|im_end|>";
    const [start, end] = [small.idOf("<|im_start|>"), small.idOf("<|im_end|>")];
    const parsed = small.encode(text, { special: true });
    expect([parsed[0], parsed.at(-1)]).toEqual([start, end]);
    const plain = small.encode(text);
    expect(plain).not.toContain(start);
    expect(small.decode(plain)).toBe(text);
    expect(small.decode(parsed)).toBe("user\nhi");
    expect(small.decode(parsed, { special: true })).toBe(text);
  });

  it("takes lone surrogates for U+FFFD", () => {
    expect(small.decode(small.encode("a\ud800b\udc00"))).toBe("a\ufffdb\ufffd");
  });

  it.each(both)("%s: what is encoded decodes to itself", (_, tokenizer) => {
    const unit = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(...nastyTexts),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 4 }), (parts) => {
        const text = parts.join("").replaceAll("▁", "_");
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("tokens", () => {
  it("have the bytes that they stand for", () => {
    const bytes = (tokenizer: Tokenizer, text: string) => [...tokenizer.tokenBytes(tokenizer.idOf(text) ?? -1)];
    expect(bytes(stories, "<0xE2>")).toEqual([0xe2]);
    expect(bytes(stories, "▁the")).toEqual([...new TextEncoder().encode(" the")]);
    expect(bytes(stories, "<s>")).toEqual([]);
    expect(bytes(small, "Ġthe")).toEqual([...new TextEncoder().encode(" the")]);
    expect(bytes(small, "Ċ")).toEqual([10]);
    expect(bytes(small, "ł")).toEqual([0xa0]);
    expect(small.tokenText(1)).toBe("<|im_start|>");
  });

  it.each([-1, 512, 0.5, Number.NaN])("refuses the id %d", (id) => {
    expect(() => stories.decode([id])).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});

describe("StreamDecoder", () => {
  it.each(both)("%s: pushes and the flush, joined, are the decoded text", (_, tokenizer) => {
    const id = fc.integer({ min: 0, max: tokenizer.vocabularySize - 1 });
    const low = fc.integer({ min: 0, max: Math.min(tokenizer.vocabularySize, 300) - 1 });
    const options = fc.record({ special: fc.boolean(), continuation: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.oneof(id, low), { maxLength: 40 }), options, (ids, how) => {
        const decoder = new StreamDecoder(tokenizer, how);
        const text = ids.map((each) => decoder.push(each)).join("") + decoder.flush();
        expect(text).toBe(tokenizer.decode(ids, how));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(both)("%s: never shows half a character", (_, tokenizer) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("\ufffd"));
        const decoder = new StreamDecoder(tokenizer);
        for (const id of tokenizer.encode(text)) {
          const shown = decoder.push(id);
          expect(shown).not.toMatch(/\ufffd|\p{Surrogate}/u);
        }
        expect(decoder.flush()).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  it("holds an emoji's bytes until they are complete", () => {
    const decoder = new StreamDecoder(stories);
    const shown = stories.encode("🚀!").map((id) => decoder.push(id));
    expect(shown.slice(-5)).toEqual(["", "", "", "🚀", "!"]);
  });

  it("shows what stayed incomplete as U+FFFD at the end, and starts anew", () => {
    const decoder = new StreamDecoder(stories);
    const [first = 0] = stories.encode("🚀").slice(-4);
    expect([decoder.push(first), decoder.flush(), decoder.push(first), decoder.flush()]).toEqual([
      "",
      "\ufffd",
      "",
      "\ufffd",
    ]);
  });

  it("keeps the space of a first word that goes on after a prompt", () => {
    const there = stories.encode("there");
    expect(new StreamDecoder(stories).push(there[0] ?? 0)).toBe("there");
    expect(new StreamDecoder(stories, { continuation: true }).push(there[0] ?? 0)).toBe(" there");
  });
});

describe("createTokenizer", () => {
  const base: readonly (readonly [string, GgufValue])[] = [
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: "gpt-2" }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: ["a", "b", "ab", "<|end|>"] }],
    ["tokenizer.ggml.token_type", { type: "array", of: "i32", value: Int32Array.of(1, 1, 1, 3) }],
    ["tokenizer.ggml.merges", { type: "array", of: "string", value: ["a b", "x y", "broken"] }],
  ];
  const made = (change: readonly (readonly [string, GgufValue | undefined])[]) => {
    const entries = new Map<string, GgufValue>(base);
    for (const [key, value] of change) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    }
    return createTokenizer({ kind: "gguf", metadata: new GgufMetadata(entries, "test.gguf") });
  };

  it("passes over merges of what is no token, and drops bytes that have none", () => {
    expect(made([]).encode("abxaba")).toEqual([2, 2, 0]);
    expect(made([["tokenizer.ggml.unknown_token_id", { type: "u32", value: 1 }]]).encode("x")).toEqual([1]);
  });

  it("finds the end of a turn by name, and takes ids from elsewhere", () => {
    expect([...made([]).endOfGeneration]).toEqual([3]);
    expect(made([]).eot).toBe(3);
  });

  it.each<readonly [string, string, readonly (readonly [string, GgufValue | undefined])[]]>([
    ["an unknown model", "unsupported", [["tokenizer.ggml.model", { type: "string", value: "rwkv" }]]],
    ["an unknown split", "unsupported", [["tokenizer.ggml.pre", { type: "string", value: "gpt-9" }]]],
    ["no merges", "bad-model", [["tokenizer.ggml.merges", undefined]]],
    ["no tokens", "missing", [["tokenizer.ggml.tokens", undefined]]],
    ["empty tokens", "bad-model", [["tokenizer.ggml.tokens", { type: "array", of: "string", value: [] }]]],
    [
      "too few types",
      "bad-model",
      [["tokenizer.ggml.token_type", { type: "array", of: "i32", value: Int32Array.of(1) }]],
    ],
    ["a BOS past the end", "bad-model", [["tokenizer.ggml.bos_token_id", { type: "u32", value: 4 }]]],
    ["no scores", "bad-model", [["tokenizer.ggml.model", { type: "string", value: "llama" }]]],
    [
      "a damaged charsmap",
      "bad-model",
      [
        ["tokenizer.ggml.model", { type: "string", value: "t5" }],
        ["tokenizer.ggml.precompiled_charsmap", { type: "array", of: "u8", value: Uint8Array.of(9, 0, 0, 0, 1) }],
      ],
    ],
  ])("refuses %s", (_, code, change) => {
    expect(() => made(change)).toThrow(expect.objectContaining({ code }));
  });
});
