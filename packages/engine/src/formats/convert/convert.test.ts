import { dequantize } from "@tugboat/kernels";
import { describe, expect, it } from "vitest";
import { openGguf } from "../gguf.ts";
import { MemorySink, memorySource } from "../memory.ts";
import { readRows } from "../rows.ts";
import { type RandomFamily, randomConfigs } from "../testing/random-configs.ts";
import { randomGguf, randomModel } from "../testing/random-model.ts";
import type { GgufModel, ModelFiles, TensorInfo } from "../types.ts";
import { convertModel } from "./convert.ts";
import type { EncodedType } from "./encoding.ts";

const families = Object.keys(randomConfigs).filter(
  (name): name is RandomFamily => name in randomConfigs && name !== "bench135M",
);

async function converted(family: RandomFamily, type: EncodedType): Promise<GgufModel> {
  return openGguf(memorySource(await randomGguf(family, { type }), "m.gguf"));
}

async function floats(model: ModelFiles, name: string): Promise<Float32Array> {
  const tensor: TensorInfo | undefined = model.tensors.get(name);
  if (tensor === undefined) throw new Error(`no ${name}`);
  const bytes = new Uint8Array(tensor.bytes);
  await tensor.source.read(tensor.offset, bytes);
  const values = new Float32Array(tensor.shape.reduce((a, b) => a * b, 1));
  if (tensor.type !== "f32" && tensor.type !== "f16" && tensor.type !== "q8_0" && tensor.type !== "q4_0")
    throw new Error(tensor.type);
  dequantize(tensor.type, bytes, values);
  return values;
}

/** Where two arrays first differ, -1 when they are equal. Comparing them by the matcher would take seconds. */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
  return -1;
}

describe("convertModel from Hugging Face", () => {
  it.each(families)("%s keeps every tensor and its shape", async (family) => {
    const model = randomModel(family);
    const gguf = await converted(family, "f32");
    const made = [...gguf.tensors.keys()].filter((name) => name.startsWith("rope_"));
    expect(gguf.tensors.size - made.length).toBe(model.tensors.size);
    expect(gguf.tensors.get("token_embd.weight")?.shape).toEqual([512, 128]);
    const embedding = await floats(model, "model.embed_tokens.weight");
    expect(firstDifference(await floats(gguf, "token_embd.weight"), embedding)).toBe(-1);
    const down = await floats(model, "model.layers.2.mlp.down_proj.weight");
    expect(firstDifference(await floats(gguf, "blk.2.ffn_down.weight"), down)).toBe(-1);
    expect(gguf.metadata.needNumber(`${gguf.metadata.needString("general.architecture")}.block_count`)).toBe(
      model.metadata.num_hidden_layers,
    );
  });

  it("makes the two halves of each head neighbours, for the families that llama.cpp rotates so", async () => {
    const model = randomModel("llama");
    const gguf = await converted("llama", "f32");
    for (const [name, heads] of [
      ["q", 4],
      ["k", 2],
    ] as const) {
      const before = await floats(model, `model.layers.1.self_attn.${name}_proj.weight`);
      const after = await floats(gguf, `blk.1.attn_${name}.weight`);
      const row = (values: Float32Array, at: number) => values.subarray(at * 128, (at + 1) * 128);
      for (let head = 0; head < heads; head++) {
        for (let i = 0; i < 16; i++) {
          expect(firstDifference(row(after, head * 32 + 2 * i), row(before, head * 32 + i))).toBe(-1);
          expect(firstDifference(row(after, head * 32 + 2 * i + 1), row(before, head * 32 + 16 + i))).toBe(-1);
        }
      }
    }
    const qwen = await converted("qwen2", "f32");
    for (const part of ["weight", "bias"]) {
      const before = await floats(randomModel("qwen2"), `model.layers.1.self_attn.q_proj.${part}`);
      expect(firstDifference(await floats(qwen, `blk.1.attn_q.${part}`), before)).toBe(-1);
    }
  });

  it("puts the one of Gemma's norms into the weight", async () => {
    const before = await floats(randomModel("gemma2"), "model.layers.0.pre_feedforward_layernorm.weight");
    const after = await floats(await converted("gemma2", "q8_0"), "blk.0.ffn_norm.weight");
    expect(after).toEqual(before.map((value) => value + 1));
  });

  it("writes llama.cpp's keys", async () => {
    const { metadata } = await converted("gemma3", "f16");
    expect(
      Object.fromEntries(
        ["attention.sliding_window", "rope.freq_base", "rope.freq_base_swa", "attention.key_length"].map((key) => [
          key,
          metadata.number(`gemma3.${key}`),
        ]),
      ),
    ).toEqual({
      "attention.sliding_window": 16,
      "rope.freq_base": 1_000_000,
      "rope.freq_base_swa": 10_000,
      "attention.key_length": 32,
    });
    expect(metadata.number("general.file_type")).toBe(1);
    const yarn = (await converted("qwen2Yarn", "f32")).metadata;
    expect([
      yarn.string("qwen2.rope.scaling.type"),
      yarn.number("qwen2.rope.scaling.factor"),
      yarn.number("qwen2.rope.scaling.original_context_length"),
    ]).toEqual(["yarn", 4, 64]);
  });

  it("writes Llama 3's frequency factors: short wavelengths kept, long ones divided by 8", async () => {
    const factors = await floats(await converted("llama3", "f32"), "rope_freqs.weight");
    expect(factors.length).toBe(16);
    expect(factors[0]).toBe(1);
    expect(factors[15]).toBe(8);
    expect([...factors]).toEqual([...factors].sort((a, b) => a - b));
  });

  it("keeps vectors in f32, falls back where blocks do not fit, and the logits finer than q4_0", async () => {
    const typeOf = (model: GgufModel, name: string) => model.tensors.get(name)?.type;
    const untied = await converted("llama", "q4_0");
    expect(
      ["token_embd.weight", "output.weight", "blk.0.attn_q.weight", "blk.0.attn_norm.weight"].map((name) =>
        typeOf(untied, name),
      ),
    ).toEqual(["q4_0", "q8_0", "q4_0", "f32"]);
    const tied = await converted("qwen3", "q4_0");
    expect(
      ["token_embd.weight", "output.weight", "blk.0.attn_q_norm.weight"].map((name) => typeOf(tied, name)),
    ).toEqual(["q8_0", undefined, "f32"]);
    const odd = { ...randomModel("llama"), metadata: { ...randomModel("llama").metadata } };
    const tensors = new Map(odd.tensors);
    const down = tensors.get("model.layers.0.mlp.down_proj.weight");
    if (down === undefined) throw new Error("no tensor");
    tensors.set(down.name, { ...down, shape: [128, 250], bytes: 128 * 250 * 4 });
    const sink = new MemorySink();
    await convertModel({ ...odd, tensors }, sink, { type: "q8_0" });
    expect(typeOf(await openGguf(memorySource(sink.bytes(), "m")), "blk.0.ffn_down.weight")).toBe("f16");
  });

  it("refuses what it does not know", async () => {
    const model = randomModel("llama");
    const refuse = (input: ModelFiles) => convertModel(input, new MemorySink(), { type: "f16" });
    await expect(
      refuse({ ...model, metadata: { ...model.metadata, architectures: ["MambaForCausalLM"] } }),
    ).rejects.toThrow(/MambaForCausalLM/);
    const extra = new Map(model.tensors);
    const some = model.tensors.get("lm_head.weight");
    if (some === undefined) throw new Error("no tensor");
    extra.set("model.layers.0.mlp.experts.0.weight", { ...some, name: "model.layers.0.mlp.experts.0.weight" });
    await expect(refuse({ ...model, tensors: extra })).rejects.toThrow(/has no place in the llama architecture/);
    const fewer = new Map([...model.tensors].filter(([name]) => !name.startsWith("model.layers.1.")));
    await expect(refuse({ ...model, tensors: fewer })).rejects.toThrow(
      /no tensors for layer 1, config\.json says 3 layers/,
    );
    await expect(refuse({ ...model, metadata: { ...model.metadata, vocab_size: 2 ** 31 } })).rejects.toThrow(
      /its embedding is \[512, 128\], config\.json says \[2147483648, 128\]/,
    );
    const packed = new Map(model.tensors).set(some.name, { ...some, type: "i32" });
    await expect(refuse({ ...model, tensors: packed })).rejects.toThrow(/lm_head\.weight is stored as i32/);
  });
});

describe("convertModel from GGUF", () => {
  it("gives the same file as from the checkpoint, when nothing was lost on the way", async () => {
    for (const type of ["q8_0", "q4_0", "f16"] as const) {
      const direct = await randomGguf("smollm3", { type });
      const sink = new MemorySink();
      await convertModel(await converted("smollm3", "f32"), sink, { type });
      expect(firstDifference(sink.bytes(), direct)).toBe(-1);
    }
  });

  it("stays within half a step of the original", async () => {
    const original = await converted("llama", "f32");
    const sink = new MemorySink();
    await convertModel(original, sink, { type: "q8_0" });
    const rounded = await openGguf(memorySource(sink.bytes(), "m"));
    const before = await floats(original, "blk.0.ffn_up.weight");
    const after = await floats(rounded, "blk.0.ffn_up.weight");
    for (let block = 0; block < before.length; block += 32) {
      const peak = before.subarray(block, block + 32).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      // Half a step, and what the scale loses as a half.
      const allowed = (peak / 127) * 0.5 + peak / 1024;
      const errors = before.subarray(block, block + 32).map((value, i) => Math.abs(value - (after[block + i] ?? 0)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(allowed);
    }
    const tensor = rounded.tensors.get("output_norm.weight");
    const bytes = new Uint8Array(512);
    if (tensor !== undefined) await readRows(tensor, 0, 1, bytes);
    expect(new Float32Array(bytes.buffer)).toEqual(await floats(original, "output_norm.weight"));
  });
});
