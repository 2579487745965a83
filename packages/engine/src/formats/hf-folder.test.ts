import { describe, expect, it } from "vitest";
import { hfConfigSchema } from "./hf-config.ts";
import { isPlainFileName, openHuggingFace } from "./hf-folder.ts";
import { MemorySink } from "./memory.ts";
import { writeSafetensors } from "./safetensors-writer.ts";
import { randomConfigs } from "./testing/random-configs.ts";
import { randomFolderFiles, writeRandomSafetensors } from "./testing/random-model.ts";
import { memoryFolder } from "./testing/sources.ts";

type Files = ReadonlyMap<string, Uint8Array | string>;

async function folder(changes: Readonly<Record<string, Uint8Array | string | undefined>> = {}): Promise<Files> {
  const weights = new MemorySink();
  await writeRandomSafetensors("llama3", weights);
  const files = new Map<string, Uint8Array | string>([
    ...randomFolderFiles("llama3"),
    ["model.safetensors", weights.bytes()],
  ]);
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name);
    else files.set(name, content);
  }
  return files;
}
const open = (files: Files) => openHuggingFace(memoryFolder(files));

async function shard(...names: string[]): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeSafetensors(
    sink,
    names.map((name) => ({
      name,
      type: "f32",
      shape: [1],
      async *data() {
        yield new Uint8Array(4);
      },
    })),
  );
  return sink.bytes();
}
const index = (map: Record<string, string>) => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

describe("a Hugging Face folder", () => {
  it("gives config, tokenizer and tensors", async () => {
    const model = await open(await folder({ "generation_config.json": '{"eos_token_id": [2, 0]}' }));
    expect(model.metadata.rope_scaling?.rope_type).toBe("llama3");
    expect(model.tokenizer.tokenizerConfig.eos_token).toBe("<|im_end|>");
    expect(model.chatTemplate).toContain("<|im_start|>");
    expect(model.generationConfig.eos_token_id).toEqual([2, 0]);
    expect(model.tensors.get("model.layers.2.self_attn.q_proj.weight")?.shape).toEqual([64, 128]);
  });

  it("prefers the template file, and the template called default", async () => {
    expect((await open(await folder({ "chat_template.jinja": "file" }))).chatTemplate).toBe("file");
    const templates = [
      { name: "tool_use", template: "tools" },
      { name: "default", template: "plain" },
    ];
    const config = JSON.stringify({ chat_template: templates });
    expect((await open(await folder({ "tokenizer_config.json": config }))).chatTemplate).toBe("plain");
    expect((await open(await folder({ "tokenizer_config.json": undefined }))).chatTemplate).toBeUndefined();
  });

  it("reads shards", async () => {
    const files = await folder({
      "model.safetensors.index.json": index({ a: "model-1.safetensors", b: "model-2.safetensors" }),
      "model-1.safetensors": await shard("a"),
      "model-2.safetensors": await shard("b"),
    });
    const { tensors } = await open(files);
    expect([...tensors.values()].map(({ name, source }) => [name, source.name])).toEqual([
      ["a", "model-1.safetensors"],
      ["b", "model-2.safetensors"],
    ]);
  });

  it.each([
    "../secret.safetensors",
    "/etc/x.safetensors",
    "sub/x.safetensors",
    "..\\x.safetensors",
    "C:x.safetensors",
    "x.safetensors\u0000",
    "%2e%2e%2fx.safetensors",
    "x.bin",
    "..safetensors",
    "",
  ])("refuses an index that points to %j", async (name) => {
    const files = await folder({ "model.safetensors.index.json": index({ a: name }) });
    await expect(open(files)).rejects.toThrow(/names the shard .* not a plain \.safetensors file name/);
  });

  it("refuses an index that the shards contradict", async () => {
    const one = { "model-1.safetensors": await shard("a"), "model-2.safetensors": await shard("a") };
    const say = async (map: Record<string, string>) =>
      open(await folder({ ...one, "model.safetensors.index.json": index(map) }));
    await expect(say({ a: "model-3.safetensors" })).rejects.toThrow(/lacks model-3\.safetensors/);
    await expect(say({ a: "model-1.safetensors", b: "model-1.safetensors" })).rejects.toThrow(/lacks b/);
    await expect(say({ a: "model-1.safetensors", b: "model-2.safetensors" })).rejects.toThrow(
      /model-2\.safetensors holds a, .* says it is in model-1\.safetensors/,
    );
    await expect(say({ b: "model-1.safetensors" })).rejects.toThrow(/holds a, .* names it nowhere/);
  });

  it.each([
    ["config.json", undefined, /has no config\.json/],
    ["tokenizer.json", undefined, /has no tokenizer\.json/],
    ["model.safetensors", undefined, /neither model\.safetensors nor/],
    ["config.json", "[]", /config\.json/],
    ["config.json", '{"model_type":"llama"}', /config\.json: hidden_size/],
    ["config.json", JSON.stringify({ ...randomConfigs.llama, hidden_size: -1 }), /config\.json: hidden_size/],
    [
      "config.json",
      JSON.stringify({ ...randomConfigs.llama, num_hidden_layers: 2 ** 30 }),
      /config\.json: num_hidden_layers/,
    ],
    ["tokenizer.json", "{}", /tokenizer\.json: model/],
    ["tokenizer.json", "{", /tokenizer\.json is not JSON/],
  ])("refuses %s when it is %j", async (name, content, message) => {
    await expect(open(await folder({ [name]: content }))).rejects.toThrow(message);
  });
});

describe("config.json", () => {
  it("is read in the form of Transformers 5 and of wrapped models", () => {
    const { rope_theta: _, ...rest } = randomConfigs.llama;
    const five = hfConfigSchema.parse({
      ...rest,
      rope_parameters: { rope_type: "linear", factor: 2, rope_theta: 5000 },
    });
    expect([five.rope_theta, five.rope_scaling?.factor]).toEqual([5000, 2]);
    const plain = hfConfigSchema.parse({ ...rest, rope_parameters: { rope_type: "default", rope_theta: 5000 } });
    expect([plain.rope_theta, plain.rope_scaling]).toEqual([5000, null]);
    const wrapped = hfConfigSchema.parse({
      architectures: ["Gemma3ForConditionalGeneration"],
      model_type: "gemma3",
      text_config: {
        ...rest,
        rope_parameters: {
          full_attention: { rope_type: "default", rope_theta: 1e6 },
          sliding_attention: { rope_type: "default", rope_theta: 1e4 },
        },
      },
    });
    expect([wrapped.architectures, wrapped.rope_theta, wrapped.rope_local_base_freq]).toEqual([
      ["Gemma3ForConditionalGeneration"],
      1e6,
      1e4,
    ]);
  });
});

describe("isPlainFileName", () => {
  it("takes what the hub's files are called", () => {
    for (const name of [
      "model.safetensors",
      "model-00001-of-00002.safetensors",
      "Qwen3 0.6B (q8_0).gguf",
      "_x+y=z.json",
    ]) {
      expect(isPlainFileName(name)).toBe(true);
    }
  });
});
