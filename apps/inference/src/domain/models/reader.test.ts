import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { bundledFolder } from "./bundled.ts";
import { ModelReader } from "./reader.ts";

const reader = new ModelReader();
const small = join(bundledFolder, "tug-small");

describe("what a model's files say", () => {
  it("tells architecture, tokenizer and how a chat becomes text", async () => {
    const { anatomy, chat, tokenizer } = await reader.facts(small);
    expect(anatomy.parts.map(({ part }) => part)).toContain("attention");
    expect(tokenizer.vocabulary).toBe(anatomy.vocabulary);
    expect(chat.problem).toBeNull();
    for (const { content } of chat.example) expect(chat.rendered).toContain(content);
  });

  it("is kept while the files stay the same", async () => {
    expect(await reader.facts(small)).toBe(await reader.facts(small));
  });

  it("refuses what is gone or no model, in a sentence", async () => {
    await expect(reader.facts("/nonexistent/model.gguf")).rejects.toMatchObject({ code: "bad-source" });
    const folder = await mkdtemp(join(tmpdir(), "tug-"));
    const file = join(folder, "picture.gguf");
    await writeFile(file, "this is a picture, they said");
    await expect(reader.tokenize(file, "x", false)).rejects.toMatchObject({ code: "bad-model" });
    await rm(folder, { recursive: true });
  });
});

test("tokens hold every byte of the text, and no control token unless asked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (text) => {
      const wellFormed = text.replace(/\p{Surrogate}/gu, "\u{fffd}");
      const tokens = await reader.tokenize(small, wellFormed, false);
      const joined = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        Uint8Array.from(tokens.flatMap(({ bytes }) => [...bytes])),
      );
      expect(joined.replace(/^ /, "")).toBe(wellFormed.replace(/^ /, ""));
      expect(tokens.every(({ special }) => !special)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it("says whether a model can guess for another: tug-nano for tug-small, and not for one with other tokens", async () => {
  const [nano, stories] = [join(bundledFolder, "tug-nano"), join(bundledFolder, "stories260K")];
  expect(await reader.draftProblem(small, nano)).toBeUndefined();
  expect(await reader.draftProblem(stories, nano)).toContain("tokenizers differ");
});
