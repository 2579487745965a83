import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device, KvType } from "@tugboat/kernels";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ggufOf, openTestDevice, openTestEngine, relativeError } from "../testing/engines.ts";

const models = fileURLToPath(new URL("../../../../models/", import.meta.url));

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

/** Logits of every token of a text, and the bytes that its cache takes. */
async function logitsOf(file: string, text: string, kvType: KvType) {
  const engine = await openTestEngine(await ggufOf(await readFile(models + file), file), device, { kvType });
  try {
    const tokens = engine.tokenize(text, { bos: true });
    return { logits: await engine.logits(tokens), vocabulary: engine.info.vocabularySize };
  } finally {
    await engine.close();
  }
}

const text =
  "Once upon a time there was a little girl who lived near a forest. Every day she walked to the river to see the ships, " +
  "and every day the captain of the smallest one waved at her. One morning the ship was gone, and the girl asked everyone.";

/** Errors by norm over all logits of the text, against a cache in f32. */
it.each([
  { file: "stories260K/stories260K.gguf", type: "f16", most: 1e-3, agree: 1 },
  { file: "stories260K/stories260K.gguf", type: "q8_0", most: 0.02, agree: 0.9 },
  { file: "tug-small/tug-small-q8_0.gguf", type: "f16", most: 0.02, agree: 0.9 },
  { file: "tug-small/tug-small-q8_0.gguf", type: "q8_0", most: 0.03, agree: 0.9 },
] as const)("$file: logits of a cache in $type", { timeout: 120_000 }, async ({ agree, file, most, type }) => {
  const exact = await logitsOf(file, text, "f32");
  const { logits, vocabulary } = await logitsOf(file, text, type);
  const error = relativeError(logits, exact.logits);
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(most);
  const rows = logits.length / vocabulary;
  let same = 0;
  for (let row = 0; row < rows; row++) {
    const likeliest = (of: Float32Array) => {
      const part = of.subarray(row * vocabulary, (row + 1) * vocabulary);
      return part.indexOf(part.reduce((a, b) => Math.max(a, b)));
    };
    same += Number(likeliest(logits) === likeliest(exact.logits));
  }
  expect(same / rows).toBeGreaterThanOrEqual(agree);
});
