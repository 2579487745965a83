import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "./errors.ts";
import { openGguf, readGguf } from "./gguf.ts";
import { openHuggingFace } from "./hf-folder.ts";
import { MemorySink, memorySource } from "./memory.ts";
import { bytesPerRow, readRows } from "./rows.ts";
import { readSafetensors } from "./safetensors.ts";
import { randomFolderFiles, randomGguf, writeRandomSafetensors } from "./testing/random-model.ts";
import { countingSource, memoryFolder } from "./testing/sources.ts";
import type { ByteSource, TensorInfo } from "./types.ts";

/** Damage that files suffer, and that attackers do: bytes overwritten, the end cut off, a piece repeated. */
const damage = (size: number, interesting: number) =>
  fc.record({
    writes: fc.array(
      fc.record({
        // Most of a file is weights: damage there goes unseen, so aim at its description.
        at: fc.oneof(fc.nat(size - 1), fc.nat(interesting - 1)),
        bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(new Uint8Array(8).fill(255))),
      }),
      { maxLength: 6 },
    ),
    cut: fc.option(fc.nat(size), { nil: undefined }),
  });

function damaged(file: Uint8Array, how: { writes: { at: number; bytes: Uint8Array }[]; cut: number | undefined }) {
  const bytes = file.slice(0, how.cut ?? file.length);
  for (const { at, bytes: written } of how.writes) {
    if (at < bytes.length) bytes.set(written.subarray(0, bytes.length - at), at);
  }
  return bytes;
}

/** Reads it; every failure must be a FormatError that names the file; what is accepted must be readable. */
async function survives(bytes: Uint8Array, name: string, read: (source: ByteSource) => Promise<Iterable<TensorInfo>>) {
  const source = countingSource(bytes, name);
  try {
    for (const tensor of await read(source)) {
      expect(tensor.offset + tensor.bytes).toBeLessThanOrEqual(bytes.length);
      if (tensor.shape.at(-1) !== 0 && tensor.bytes > 0)
        await readRows(tensor, 0, 1, new Uint8Array(bytesPerRow(tensor)));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message).toContain(name);
  }
  expect(source.bytesRead).toBeLessThanOrEqual(4 * bytes.length + 64);
}

describe("damaged files are refused or read, nothing else", () => {
  it("GGUF", async () => {
    const file = await randomGguf("qwen3", { type: "q8_0" });
    const description = (await readGguf(memorySource(file, "m"))).tensors[0]?.offset ?? 0;
    await fc.assert(
      fc.asyncProperty(damage(file.length, description), async (how) => {
        await survives(damaged(file, how), "m.gguf", async (source) => (await openGguf(source)).tensors.values());
      }),
      { numRuns: 500 },
    );
  });

  it("safetensors", async () => {
    const sink = new MemorySink();
    await writeRandomSafetensors("llama3", sink);
    const file = sink.bytes();
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    await fc.assert(
      fc.asyncProperty(damage(file.length, header), async (how) => {
        await survives(damaged(file, how), "m.safetensors", async (source) => (await readSafetensors(source)).tensors);
      }),
      { numRuns: 500 },
    );
  });

  it("arbitrary bytes behind the right magic", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (tail) => {
        const bytes = new Uint8Array([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...tail]);
        await survives(bytes, "m.gguf", async (source) => (await openGguf(source)).tensors.values());
      }),
      { numRuns: 500 },
    );
  });

  it("the JSON files of a Hugging Face folder", async () => {
    const files = randomFolderFiles("llama3");
    const weights = new MemorySink();
    await writeRandomSafetensors("llama3", weights);
    const name = fc.constantFrom("config.json", "tokenizer_config.json", "model.safetensors.index.json");
    await fc.assert(
      fc.asyncProperty(name, fc.oneof(fc.json({ maxDepth: 4 }), fc.string()), async (file, content) => {
        const folder = memoryFolder(
          new Map<string, Uint8Array | string>([...files, ["model.safetensors", weights.bytes()], [file, content]]),
        );
        try {
          await openHuggingFace(folder);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          expect(error.message).toContain(file);
        }
      }),
      { numRuns: 200 },
    );
  });
});
