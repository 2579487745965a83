import { describe, expect, it } from "vitest";
import { modelAnatomy, modelMemory } from "./anatomy.ts";
import { randomModel } from "./formats/testing/random-model.ts";
import { openModelFiles } from "./node/files.ts";

const bundled = new URL("../../../models/", import.meta.url).pathname;

describe("a model's anatomy", () => {
  it("adds up: every parameter belongs to one part and one group", async () => {
    const files = await openModelFiles(`${bundled}tug-small`);
    try {
      const anatomy = await modelAnatomy(files);
      const inFile = [...files.tensors.values()];
      const parameters = inFile.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      const bytes = inFile.reduce((sum, tensor) => sum + tensor.bytes, 0);
      expect(anatomy.parameters).toBe(parameters);
      expect(anatomy.bytes).toBe(bytes);
      expect(anatomy.parts.reduce((sum, part) => sum + part.parameters, 0)).toBe(parameters);
      expect(anatomy.tensors.reduce((sum, group) => sum + group.count, 0)).toBe(inFile.length);
      expect(anatomy.attention.reduce((sum, kind) => sum + kind.layers, 0)).toBe(anatomy.layers);
      expect(anatomy.tensors.find(({ name }) => name === "blk.*.attn_q.weight")).toMatchObject({
        part: "attention",
        shape: [anatomy.heads * anatomy.headDim, anatomy.dim],
        count: anatomy.layers,
      });
    } finally {
      await files.close();
    }
  });

  it("tells a sliding window, tied embeddings and soft caps where they are", async () => {
    const gemma = await modelAnatomy(randomModel("gemma2"));
    expect(gemma.attention.some(({ window }) => window !== null)).toBe(true);
    expect(gemma.tiedEmbeddings).toBe(true);
    expect(gemma.outputSoftcap).not.toBeNull();
    const qwen = await modelAnatomy(randomModel("qwen3"));
    expect(qwen.headNorms).toBe(true);
    expect(qwen.attention.every(({ window }) => window === null)).toBe(true);
  });
});

describe("a model's memory", () => {
  it("grows with the context that is served", async () => {
    const model = randomModel("llama");
    const short = await modelMemory(model, { kind: "cpu" }, { contextLength: 16, maxSequences: 1 });
    const long = await modelMemory(model, { kind: "cpu" }, { contextLength: 64, maxSequences: 1 });
    expect(long.weights).toBe(short.weights);
    expect(long.cache).toBe(4 * short.cache);
    expect(short).toMatchObject({ contextLength: 16 });
  });
});
