import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModelFiles } from "@tugboat/engine/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type PretrainOptions, pretrain } from "./pretrain.ts";

let folder: string;
const text = "the cat sat on the mat and the dog sat on the log ".repeat(40);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-pretrain-"));
  const letters = [..."abcdefghijklmnopqrstuvwxyz", "Ġ", "<end>"];
  const vocab = Object.fromEntries(letters.map((letter, i) => [letter, i]));
  const end = {
    id: 27,
    content: "<end>",
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const files = {
    "config.json": {
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_size: 16,
      intermediate_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 8,
      vocab_size: 28,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-5,
      rope_theta: 10_000,
      tie_word_embeddings: true,
      hidden_act: "silu",
      eos_token_id: 27,
    },
    "tokenizer.json": {
      version: "1.0",
      added_tokens: [end],
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: { type: "BPE", vocab, merges: [] },
    },
    "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast", eos_token: "<end>" },
  };
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(json));
  await writeFile(join(folder, "text.txt"), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function options(out: string): PretrainOptions {
  const shape = {
    steps: 40,
    batchSize: 4,
    length: 24,
    learningRate: 1e-2,
    seed: 3,
    device: "cpu" as const,
    threads: 1,
  };
  return {
    like: folder,
    data: [join(folder, "text.txt")],
    out: join(folder, out),
    ...shape,
    kernelCache: join(folder, "kernels"),
  };
}

it("learns a text from scratch, and a run that was interrupted ends with the same model", async () => {
  const losses: number[] = [];
  const never = new AbortController().signal;
  const whole = await pretrain(options("whole"), ({ loss }) => losses.push(loss), never);
  expect(losses[0]).toBeCloseTo(Math.log(28), 0);
  expect(whole.heldOutLoss).toBeLessThan(losses[0]! / 1.5);
  const stop = new AbortController();
  const cut = await pretrain(options("cut"), ({ step }) => step === 15 && stop.abort(), stop.signal);
  expect(cut.steps).toBe(15);
  const again = await pretrain(options("cut"), () => {}, never);
  expect(again.heldOutLoss).toBe(whole.heldOutLoss);
  expect((await readFile(again.model)).equals(await readFile(whole.model))).toBe(true);
  const files = await openModelFiles(again.model);
  expect(files.tensors.has("blk.1.attn_q.weight")).toBe(true);
  await files.close();
}, 60_000);

it("says when there is too little text", async () => {
  await writeFile(join(folder, "short.txt"), "the cat");
  await expect(
    pretrain({ ...options("short"), data: [join(folder, "short.txt")] }, () => {}, new AbortController().signal),
  ).rejects.toThrow(/8 tokens; 50 are the least/);
});
