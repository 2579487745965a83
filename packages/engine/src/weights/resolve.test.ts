import { describe, expect, it } from "vitest";
import type { Hyperparameters } from "../architectures/architecture.ts";
import { architectures, readArchitecture } from "../architectures/registry.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { HfModel, ModelFiles, TensorInfo } from "../formats/types.ts";
import { ggufOf } from "../testing/engines.ts";
import { resolveTensors } from "./resolve.ts";

async function resolve(files: ModelFiles) {
  const { architecture, hyperparameters } = await readArchitecture(files);
  return resolveTensors(files, architecture, hyperparameters);
}

function withTensors(change: (tensors: Map<string, TensorInfo>) => void): HfModel {
  const model = randomModel("llama");
  const tensors = new Map(model.tensors);
  change(tensors);
  return { ...model, tensors };
}

describe("resolveTensors", () => {
  it("finds every tensor of a file, under either format's names", async () => {
    const files = randomModel("phi3");
    const fused = (await resolve(files)).get("blk.1.attn_k.weight")!;
    expect(fused).toMatchObject({ firstRow: 128, info: { name: "model.layers.1.self_attn.qkv_proj.weight" } });
    const gguf = await ggufOf(await randomGguf("gemma3", { type: "f16" }), "gemma3");
    const found = await resolve(gguf);
    expect(found.get("blk.0.attn_norm.weight")).toMatchObject({ add: 0, deviceType: "f32" });
    expect((await resolve(randomModel("gemma3"))).get("blk.0.attn_norm.weight")).toMatchObject({ add: 1 });
    expect(found.size).toBe(gguf.tensors.size);
  });

  it("finds a language model inside a larger one", async () => {
    const files = withTensors((tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(`language_model.${name}`, { ...tensor, name: `language_model.${name}` });
      }
      const vision = { ...tensors.values().next().value!, name: "vision_tower.patch.weight" };
      tensors.set(vision.name, vision);
    });
    expect((await resolve(files)).size).toBe(randomModel("llama").tensors.size);
  });

  it("names a missing tensor, a misshapen one, and one that it does not know", async () => {
    const name = "model.layers.1.mlp.down_proj.weight";
    await expect(resolve(withTensors((tensors) => tensors.delete(name)))).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining(name),
    });
    const squashed = withTensors((tensors) => tensors.set(name, { ...tensors.get(name)!, shape: [128, 255] }));
    await expect(resolve(squashed)).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining("[128, 255], the hyperparameters ask for [128, 256]"),
    });
    const more = withTensors((tensors) =>
      tensors.set("model.extra.weight", { ...tensors.get(name)!, name: "model.extra.weight" }),
    );
    await expect(resolve(more)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("model.extra.weight"),
    });
  });

  it("refuses types without kernels and rows that do not suit a type", async () => {
    const name = "model.norm.weight";
    const strange = withTensors((tensors) => tensors.set(name, { ...tensors.get(name)!, type: "iq4_xs" }));
    await expect(resolve(strange)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("iq4_xs"),
    });
    const matrix = "model.layers.0.self_attn.q_proj.weight";
    const odd = withTensors((tensors) => tensors.set(matrix, { ...tensors.get(matrix)!, type: "q4_K" }));
    await expect(resolve(odd)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("multiple of 256"),
    });
  });
});

describe("readArchitecture", () => {
  it("names what is wrong with hyperparameters", async () => {
    const model = randomModel("llama");
    const read = (metadata: Partial<HfModel["metadata"]>) =>
      readArchitecture({ ...model, metadata: { ...model.metadata, ...metadata } });
    await expect(read({ model_type: "mamba" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("mamba"),
    });
    await expect(read({ num_key_value_heads: 3 })).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining("4 query heads are not a multiple of 3 key heads"),
    });
    await expect(read({ hidden_act: "relu" })).rejects.toMatchObject({ code: "unsupported" });
    await expect(read({ rope_scaling: { rope_type: "linear" } })).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining("rope_scaling.factor"),
    });
    await expect(read({ rope_scaling: { rope_type: "sideways" } })).rejects.toMatchObject({ code: "unsupported" });
  });

  it("has one architecture for each name", () => {
    for (const names of [architectures.map((one) => one.ggufNames), architectures.map((one) => one.hfNames)]) {
      expect(new Set(names.flat()).size).toBe(names.flat().length);
    }
  });

  it("reads the same hyperparameters from both formats", async () => {
    for (const family of ["qwen3", "gemma2", "gemma3", "phi3"] as const) {
      const fromHf = (await readArchitecture(randomModel(family))).hyperparameters;
      const gguf = await ggufOf(await randomGguf(family, { type: "f32" }), family);
      const fromGguf = (await readArchitecture(gguf)).hyperparameters;
      const comparable = (p: Hyperparameters) => ({ ...p, normEps: Math.fround(p.normEps) });
      expect(comparable(fromGguf)).toEqual(comparable(fromHf));
    }
  });
});
