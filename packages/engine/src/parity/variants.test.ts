import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, expect, it } from "vitest";
import { convertModel } from "../formats/convert/convert.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { tensorTypes } from "../formats/tensor-types.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { HfModel, ModelFiles } from "../formats/types.ts";
import { referenceLogits } from "../reference/forward.ts";
import {
  ggufOf,
  openTestDevice,
  openTestEngine,
  referenceOf,
  relativeError,
  someTokens,
  withFile,
} from "../testing/engines.ts";
import { openLlamaCpp } from "../testing/llama-cpp.ts";

const tokens = someTokens(70, 512);

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

async function engineLogits(files: ModelFiles): Promise<Float32Array> {
  const engine = await openTestEngine(files, device);
  try {
    return await engine.logits(tokens);
  } finally {
    await engine.close();
  }
}

it("stretches Phi-3's positions by LongRoPE, on a part of each head", async () => {
  const plain = randomModel("phi3");
  const files: HfModel = {
    ...plain,
    metadata: {
      ...plain.metadata,
      original_max_position_embeddings: 64,
      partial_rotary_factor: 0.5,
      rope_scaling: {
        rope_type: "longrope",
        short_factor: [1, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6],
        long_factor: [1, 1.5, 2, 3, 4, 6, 8, 12],
      },
    },
  };
  const ours = await engineLogits(files);
  expect(relativeError(ours, referenceLogits(await referenceOf(files), tokens))).toBeLessThan(1e-5);
  const sink = new MemorySink();
  await convertModel(files, sink, { type: "f32" });
  const gguf = sink.bytes();
  expect(relativeError(await engineLogits(await ggufOf(gguf, "phi3")), ours)).toBeLessThan(1e-6);
  const theirs = await withFile(gguf, async (path) => {
    const oracle = await openLlamaCpp(path, 256);
    try {
      return (await oracle.logits(tokens)).flatMap((row) => [...row]);
    } finally {
      await oracle.close();
    }
  });
  expect(relativeError(ours, theirs)).toBeLessThan(1e-4);
});

it("computes files whose tensors are of several types, as llama.cpp's mixtures are", async () => {
  const [fine, coarse] = await Promise.all([
    randomGguf("qwen2", { type: "f16" }).then((bytes) => ggufOf(bytes, "mixed")),
    randomGguf("qwen2", { type: "q8_0" }).then((bytes) => ggufOf(bytes, "mixed")),
  ]);
  // v and up differ from what they are read together with; one layer differs from the others.
  const isCoarse = (name: string) => /attn_v|ffn_up|blk\.1\.|token_embd/.test(name);
  const tensors = new Map(
    [...fine.tensors].map(([name, info]) => [name, isCoarse(name) ? coarse.tensors.get(name)! : info]),
  );
  if (fine.format !== "gguf") throw new Error("randomGguf makes GGUF files");
  const mixed = { ...fine, tensors };
  const error = relativeError(await engineLogits(mixed), referenceLogits(await referenceOf(mixed), tokens));
  expect(error).toBeLessThan(0.03);
});

it("computes a vocabulary that is no multiple of four", async () => {
  const plain = randomModel("llama");
  const tensors = new Map(plain.tensors);
  for (const name of ["model.embed_tokens.weight", "lm_head.weight"]) {
    tensors.set(name, { ...tensors.get(name)!, shape: [509, 128], bytes: 509 * 128 * 4 });
  }
  const files: HfModel = { ...plain, metadata: { ...plain.metadata, vocab_size: 509 }, tensors };
  const engine = await openTestEngine(files, device);
  const few = someTokens(20, 509);
  const expected = referenceLogits(await referenceOf(files), few);
  expect(relativeError(await engine.logits(few), expected)).toBeLessThan(1e-5);
  const last = [...expected.subarray(19 * 509)];
  const drawn: number[] = [];
  for await (const event of engine.generate({
    prompt: { tokens: few },
    temperature: 0,
    maxTokens: 1,
    ignoreEos: true,
  })) {
    if (event.type === "token") drawn.push(event.token);
  }
  expect(drawn).toEqual([last.indexOf(Math.max(...last))]);
  await engine.close();
});

/** Halves inside a block, by byte offset: the scales, which random bits must not make infinite. */
const scales = {
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q2_K: [80, 82],
  q3_K: [108],
  q4_K: [0, 2],
  q5_K: [0, 2],
  q6_K: [208],
} as const;
/** 0.0025 as a half. */
const SCALE = 0x191f;

it.each(["q4_1", "q5_0", "q5_1", "q2_K", "q3_K", "q4_K", "q5_K", "q6_K"] as const)(
  "reads %s, as it is or turned into q8_0",
  async (type) => {
    const plain = randomModel("llama");
    const { block, bytes: blockBytes } = tensorTypes[type];
    const random = new Uint8Array(someTokens(128 * 256, 259).map((value) => value - 3));
    const tensors = new Map(plain.tensors);
    for (const layer of [0, 1, 2]) {
      const name = `model.layers.${layer}.mlp.down_proj.weight`;
      const bytes = random.slice(0, ((128 * 256) / block) * blockBytes);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < bytes.length; at += blockBytes) {
        for (const offset of scales[type]) view.setUint16(at + offset, SCALE, true);
      }
      tensors.set(name, { ...tensors.get(name)!, type, source: memorySource(bytes, name), bytes: bytes.length });
    }
    const files: HfModel = { ...plain, tensors };
    const error = relativeError(await engineLogits(files), referenceLogits(await referenceOf(files), tokens));
    // Activations, and weights turned into q8_0, are rounded to 8 bits.
    expect(error).toBeLessThan(0.04);
  },
);
