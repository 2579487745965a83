import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGguf } from "../formats/gguf.ts";
import { GgufMetadata, type GgufValue } from "../formats/gguf-metadata.ts";
import { writeGguf } from "../formats/gguf-writer.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { createTokenizer } from "./create.ts";
import { ggufEntries } from "./testing/gguf-from-json.ts";
import { longText, nastyTexts } from "./testing/nasty-texts.ts";
import { packagedTokenizer } from "./testing/packaged.ts";
import type { Tokenizer } from "./types.ts";

const models = fileURLToPath(new URL("../../../../models/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tugboat-tokenizers-"));
let llama: Llama;

beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

/** Random text that mixes whole words, token names and single characters of any kind. */
const randomText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...nastyTexts),
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

/** The library and the binding each have their own way with lone surrogates. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, "\ufffd");

/**
 * The letters, marks, digits and punctuation that came after Unicode 14, with what lies between them. llama.cpp cuts words
 * by a table of its own, which is older than that of Node.js: to it the newest of these are no letters.
 */
const recent = new RegExp(
  "[\\u{88f}\\u{897}\\u{c5c}\\u{cdc}\\u{cf3}\\u{ece}\\u{1acf}-\\u{1aeb}\\u{1b4e}\\u{1b4f}\\u{1b7f}\\u{1c89}\\u{1c8a}" +
    "\\u{a7cb}-\\u{a7dc}\\u{a7f1}\\u{105c0}-\\u{105f3}\\u{10940}-\\u{10959}\\u{10d40}-\\u{10d85}\\u{10ec2}-\\u{10eff}" +
    "\\u{1123f}-\\u{11241}\\u{11380}-\\u{113e2}\\u{116d0}-\\u{116e3}\\u{11b00}-\\u{11bf9}\\u{11db0}-\\u{11de9}" +
    "\\u{11f00}-\\u{11f5a}\\u{1342f}-\\u{143fa}\\u{16100}-\\u{16139}\\u{16d40}-\\u{16d79}\\u{16ea0}-\\u{16ed3}" +
    "\\u{16ff2}-\\u{16ff6}\\u{187f8}-\\u{187ff}\\u{18cff}-\\u{18df2}\\u{1b132}-\\u{1b155}\\u{1ccf0}-\\u{1ccf9}" +
    "\\u{1d2c0}-\\u{1d2d3}\\u{1df25}-\\u{1df2a}\\u{1e030}-\\u{1e08f}\\u{1e4d0}-\\u{1e6ff}\\u{2b739}-\\u{2b73f}" +
    "\\u{2cea2}-\\u{2cead}\\u{2ebf0}-\\u{2ee5d}\\u{31350}-\\u{33479}]",
  "gu",
);

function expectSameAsLlama(ours: Tokenizer, model: LlamaModel, text: string): void {
  for (const special of [false, true]) {
    const ids = ours.encode(text, { special });
    expect(ids, `special ${special}: ${JSON.stringify(text.slice(0, 200))}`).toEqual([
      ...model.tokenize(text, special),
    ]);
  }
}

describe.each(["stories260K/stories260K.gguf", "tug-nano/tug-nano-q8_0.gguf", "tug-small/tug-small-q8_0.gguf"])(
  "%s as llama.cpp",
  (file) => {
    let ours: Tokenizer;
    let model: LlamaModel;
    beforeAll(async () => {
      model = await llama.loadModel({ modelPath: join(models, file), vocabOnly: true });
      ours = createTokenizer((await openGguf(memorySource(readFileSync(join(models, file)), file))).tokenizer);
    });
    afterAll(() => model.dispose());

    it.each(nastyTexts.map((text) => [text]))("encodes %j", (text) => {
      expectSameAsLlama(ours, model, text);
    });
    it("encodes random text", () => {
      fc.assert(
        fc.property(randomText, (text) => expectSameAsLlama(ours, model, wellFormed(text).replace(recent, "\u4e00"))),
        { numRuns: 300 },
      );
    });
    it("encodes 100 kB", () => {
      expectSameAsLlama(ours, model, longText(100_000));
    });
    it("agrees on the tokens that end an answer", () => {
      expect([ours.bos, ours.eos]).toEqual([model.tokens.bos, model.tokens.eos]);
      for (const id of model.iterateAllTokens()) {
        expect(ours.endOfGeneration.has(id), ours.tokenText(id)).toBe(model.isEogToken(id));
      }
    });
    it("decodes", () => {
      for (const text of nastyTexts) {
        const ids = model.tokenize(text);
        // SentencePiece writes spaces as ▁, so that a ▁ comes back as a space.
        expect(ours.decode(ids)).toBe(ours.stripsLeadingSpace ? text.replaceAll("▁", " ") : text);
        // Elsewhere llama.cpp takes spaces before punctuation away, even those of the text.
        if (ours.stripsLeadingSpace) expect(ours.decode(ids)).toBe(model.detokenize(ids));
      }
    });
  },
);

const packaged = [
  ["qwen3", "qwen2", true],
  ["llama3", "llama-bpe", false],
  ["gemma3", undefined, false],
] as const;
describe.each(packaged)("%s", (name, pre, composes) => {
  const files = packagedTokenizer(name);
  const library = new Library(files.tokenizerJson, files.tokenizerConfig);
  const fromJson = createTokenizer({ kind: "hf", ...files });
  const entries: ReadonlyMap<string, GgufValue> = ggufEntries(files, pre);
  const fromGguf = createTokenizer({ kind: "gguf", metadata: new GgufMetadata(entries, `${name}.gguf`) });
  let model: LlamaModel;
  beforeAll(async () => {
    const sink = new MemorySink();
    await writeGguf(sink, entries, []);
    const path = join(folder, `${name}.gguf`);
    writeFileSync(path, sink.bytes());
    model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  });
  afterAll(() => model.dispose());

  /** The library always recognises special tokens. */
  const expectSame = (text: string) => {
    const expected: number[] = text === "" ? [] : library.encode(text, { add_special_tokens: false }).ids;
    expect(fromJson.encode(text, { special: true }), JSON.stringify(text.slice(0, 200))).toEqual(expected);
    // GGUF has no normaliser: where tokenizer.json composes characters, a GGUF tokenizer sees them as they come. And its
    // runs of spaces are written with spaces, so that those of ▁ do not match.
    if (composes ? text === text.normalize("NFC") : !text.includes("▁")) {
      expect(fromGguf.encode(text, { special: true }), JSON.stringify(text.slice(0, 200))).toEqual(expected);
    }
  };

  it.each(nastyTexts.map((text) => [text]))("encodes %j as the library does", (text) => {
    expectSame(text);
  });
  it("encodes 100 kB as the library does", () => {
    expectSame(longText(100_000));
    const plain = longText(100_000).normalize("NFC").replaceAll("▁", " ");
    expect(fromGguf.encode(plain, { special: true })).toEqual(fromJson.encode(plain, { special: true }));
  });
  it("encodes random text as the library does", () => {
    fc.assert(
      fc.property(randomText, (text) => expectSame(wellFormed(text))),
      { numRuns: 150 },
    );
  });
  it("encodes from GGUF as llama.cpp does", () => {
    // llama.cpp takes any token called </s> for a control token, against these models' own files.
    const texts = [...nastyTexts, longText(20_000)].map((text) => text.replaceAll("</s>", "</x>"));
    for (const text of texts) expectSameAsLlama(fromGguf, model, text);
  });
  it("frames and decodes as the library does", () => {
    expect(fromJson.encode("Hi", { bos: true })).toEqual(library.encode("Hi").ids);
    for (const text of nastyTexts) {
      const ids = fromJson.encode(text, { special: true });
      if (ids.length === 0) continue;
      const expected: string = library.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
      expect(fromJson.decode(ids)).toBe(expected);
    }
  });
  it("keeps control tokens out of text that may not hold them", () => {
    for (const text of nastyTexts) {
      for (const id of fromJson.encode(text)) expect(fromJson.isSpecial(id)).toBe(false);
    }
  });
});
