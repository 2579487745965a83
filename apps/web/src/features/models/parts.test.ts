import { expect, it } from "vitest";
import { anatomySentence, attentionSentences } from "./parts.ts";
import type { Anatomy } from "./types.ts";

const anatomy: Anatomy = {
  architecture: "gemma2",
  layers: 4,
  dim: 64,
  ffn: 128,
  heads: 8,
  kvHeads: 2,
  headDim: 8,
  vocabulary: 1000,
  trainedContext: 512,
  attention: [
    { layers: 2, window: 32, ropeBase: 10_000 },
    { layers: 2, window: null, ropeBase: 10_000 },
  ],
  headNorms: false,
  attentionSoftcap: null,
  outputSoftcap: 30,
  tiedEmbeddings: true,
  parameters: 1,
  bytes: 1,
  parts: [],
  tensors: [],
};

it("says in words what the drawing shows", () => {
  expect(attentionSentences(anatomy)).toEqual([
    "Grouped-query attention: 8 query heads share 2 heads of keys and values.",
    "2 of 4 layers see a sliding window of 32 tokens.",
    "2 of 4 layers see all that came before.",
  ]);
  expect(anatomySentence(anatomy)).toContain("tied embeddings");
  const plain = { ...anatomy, kvHeads: 8, attention: [{ layers: 4, window: null, ropeBase: null }] };
  expect(attentionSentences(plain)[1]).toBe("Every layer sees all that came before, without positions.");
});
