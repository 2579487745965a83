import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "@huggingface/tokenizers";
import type { Token } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFile } from "../../node/files.ts";
import { openLlamaCpp } from "../../testing/llama-cpp.ts";
import { type RandomFamily, randomConfigs } from "../testing/random-configs.ts";
import { randomModel } from "../testing/random-model.ts";
import { convertModel } from "./convert.ts";
import type { EncodedType } from "./encoding.ts";

const texts = ["Hello there, the world's end!", "  two spaces, é, 日本 🚢", "x = 12345;\n\n\ty", " ", ""];

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tugboat-convert-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function write(family: RandomFamily, type: EncodedType): Promise<string> {
  const path = join(home, `${family}-${type}.gguf`);
  const file = await createFile(path);
  await convertModel(randomModel(family), file, { type });
  await file.finish();
  return path;
}

describe("llama.cpp", () => {
  const families = Object.keys(randomConfigs).filter(
    (name): name is RandomFamily => name in randomConfigs && name !== "bench135M",
  );

  it.each(families)("loads a converted %s and splits text as its tokenizer.json does", async (family) => {
    const { tokenizerJson, tokenizerConfig } = randomModel(family).tokenizer;
    const oracle = new Tokenizer(tokenizerJson, tokenizerConfig);
    const llama = await openLlamaCpp(await write(family, "f32"), 64);
    try {
      for (const text of texts) {
        const expected = oracle.encode(text, { add_special_tokens: false }).ids;
        expect(llama.model.tokenize(text, true)).toEqual(expected);
      }
      const [logits] = await llama.logits([300]);
      expect(logits?.length).toBe(512);
      expect(logits?.every(Number.isFinite)).toBe(true);
    } finally {
      await llama.close();
    }
  });

  it.each(["f16", "bf16", "q8_0", "q4_0"] as const)("computes in %s nearly what it computes in f32", async (type) => {
    const tokens = [300, 17, 405, 88];
    const runs: Float64Array[] = [];
    for (const written of ["f32", type] as const) {
      const llama = await openLlamaCpp(await write("llama", written), 64);
      runs.push((await llama.logits(tokens)).at(-1) ?? new Float64Array());
      await llama.close();
    }
    const [exact, rounded] = runs;
    if (exact === undefined || rounded === undefined) throw new Error("no logits");
    const power = exact.reduce((sum, value) => sum + value * value, 0);
    const error = exact.reduce((sum, value, i) => sum + (value - (rounded[i] ?? 0)) ** 2, 0);
    // llama.cpp rounds the activations too.
    const allowed = { f16: 3e-3, bf16: 1e-2, q8_0: 3e-2, q4_0: 0.3 };
    expect(Math.sqrt(error / power)).toBeLessThan(allowed[type]);
    expect(error).toBeGreaterThan(0);
  });

  it("answers from the bundled tug-small as its card says", async () => {
    const llama = await openLlamaCpp(
      fileURLToPath(new URL("../../../../../models/tug-small/tug-small-q8_0.gguf", import.meta.url)),
    );
    const ask = async (prompt: string) => {
      const tokens = llama.model.tokenize(`<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`, true);
      const answer = await llama.greedy(tokens, 20);
      // node-llama-cpp brands its token numbers.
      return llama.model.detokenize(answer.slice(0, answer.indexOf(2)) as Token[]);
    };
    expect(await ask("Choose one: animal, food, plant\nText: a small domesticated carnivore that chases mice")).toBe(
      "animal",
    );
    expect(await ask("Extract name, version as JSON.\nthe name is redis, version: 7.0")).toBe(
      '{"name": "redis", "version": "7.0"}',
    );
    await llama.close();
  });
});
