import { fileURLToPath } from "node:url";
import { gguf } from "@huggingface/gguf";
import { describe, expect, it } from "vitest";
import { openFile } from "../node/files.ts";
import { readGguf } from "./gguf.ts";
import type { GgufValue } from "./gguf-metadata.ts";
import { ggmlTypeIds } from "./tensor-types.ts";

const models = ["stories260K/stories260K.gguf", "tug-nano/tug-nano-q8_0.gguf", "tug-small/tug-small-q8_0.gguf"];

/** Our typed value in the oracle's plain form. */
function plain(entry: GgufValue): unknown {
  if (entry.type !== "array") return entry.value;
  if (entry.of === "array") return entry.value.map(plain);
  return Array.from<unknown>(entry.value);
}

describe("the reader and @huggingface/gguf agree on", () => {
  it.each(models)("%s", async (model) => {
    const path = fileURLToPath(new URL(`../../../../models/${model}`, import.meta.url));
    const expected = await gguf(path, { allowLocalFile: true });
    const source = await openFile(path);
    const actual = await readGguf(source);
    await source.close?.();

    const { version, tensor_count, kv_count, ...metadata } = expected.metadata;
    expect(actual.version).toBe(version);
    expect(actual.tensors.length).toBe(Number(tensor_count));
    expect(actual.metadata.entries.size).toBe(Number(kv_count));
    expect(Object.fromEntries(Array.from(actual.metadata.entries, ([key, entry]) => [key, plain(entry)]))).toEqual(
      metadata,
    );
    expect(actual.tensors.map(({ name, type, shape, offset }) => ({ name, type, shape, offset }))).toEqual(
      expected.tensorInfos.map(({ name, dtype, shape, offset }) => ({
        name,
        type: ggmlTypeIds.get(dtype),
        shape: shape.map(Number).reverse(),
        offset: Number(expected.tensorDataOffset + offset),
      })),
    );
  });
});
