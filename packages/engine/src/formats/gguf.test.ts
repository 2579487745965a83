import { describe, expect, it } from "vitest";
import { openGguf, readGguf } from "./gguf.ts";
import { memorySource } from "./memory.ts";
import { concat, type RawGguf, type RawTensor, raw, rawGguf } from "./testing/raw-gguf.ts";
import { countingSource, memoryFolder } from "./testing/sources.ts";

const f32 = 0;
const tensor = (over: Partial<RawTensor> = {}): RawTensor => ({
  name: "a",
  dimensions: [8n],
  type: f32,
  offset: 0n,
  ...over,
});

describe("readGguf", () => {
  it("gives shapes outermost first and places after the description", async () => {
    const bytes = rawGguf({
      version: 2,
      keys: [{ key: "general.alignment", type: 4, value: raw.u32(64) }],
      tensors: [tensor({ dimensions: [32n, 3n], type: 8 }), tensor({ name: "b", dimensions: [4n], offset: 128n })],
      data: 300,
    });
    const { version, tensors } = await readGguf(memorySource(bytes, "m.gguf"));
    expect(version).toBe(2);
    expect(tensors.map(({ name, type, shape, offset, bytes: size }) => ({ name, type, shape, offset, size }))).toEqual([
      { name: "a", type: "q8_0", shape: [3, 32], offset: 192, size: 102 },
      { name: "b", type: "f32", shape: [4], offset: 320, size: 16 },
    ]);
  });

  it("reads the description alone, however long the data", async () => {
    const bytes = rawGguf({ tensors: [tensor({ dimensions: [2n ** 20n, 8n] })], data: 2 ** 25 });
    const source = countingSource(bytes, "m.gguf");
    await readGguf(source);
    expect(source.bytesRead).toBeLessThanOrEqual(2 ** 20);
  });

  it("keeps tokens that begin with a byte order mark, and every other character", async () => {
    const tokens = ["\uFEFF", "\uFEFFusing", "é", "日本", "", " ", "🚢".repeat(40)];
    const items = concat(tokens.map((token) => raw.string(token)));
    const bytes = rawGguf({ keys: [{ key: "t", type: 9, value: raw.array(8, BigInt(tokens.length), items) }] });
    const { metadata } = await readGguf(memorySource(bytes, "m.gguf"));
    expect(metadata.needStrings("t")).toEqual(tokens);
  });

  it("reads values that lie across its window of 1 MiB", async () => {
    const words = Array.from({ length: 60_000 }, (_, i) => `token ${i} ${"x".repeat(i % 40)}`);
    const long = "s".repeat(3_000_000);
    const numbers = new Uint8Array(Float32Array.from({ length: 500_000 }, (_, i) => i).buffer);
    const bytes = rawGguf({
      keys: [
        {
          key: "words",
          type: 9,
          value: raw.array(8, BigInt(words.length), concat(words.map((word) => raw.string(word)))),
        },
        { key: "long", type: 8, value: raw.string(long) },
        { key: "numbers", type: 9, value: raw.array(6, 500_000n, numbers) },
        { key: "last", type: 4, value: raw.u32(7) },
      ],
    });
    const { metadata } = await readGguf(memorySource(bytes, "m.gguf"));
    expect(metadata.needStrings("words")).toEqual(words);
    expect(metadata.needString("long")).toBe(long);
    expect(metadata.numbers("numbers")?.[499_999]).toBe(499_999);
    expect(metadata.needNumber("last")).toBe(7);
  });
});

describe("a split model", () => {
  const u16 = (value: number) => new Uint8Array([value & 255, value >> 8]);
  const part = (number: number, over: Partial<RawGguf> = {}, total = 2) =>
    rawGguf({
      keys: [
        { key: "split.no", type: 2, value: u16(number) },
        { key: "split.count", type: 2, value: u16(2) },
        { key: "split.tensors.count", type: 5, value: raw.u32(total) },
        ...(number === 0 ? [{ key: "general.architecture", type: 8, value: raw.string("llama") }] : []),
      ],
      tensors: [tensor({ name: `t${number}` })],
      data: 32,
      ...over,
    });
  const names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"] as const;
  const open = (files: ReadonlyMap<string, Uint8Array>, name: string) =>
    openGguf(memorySource(files.get(name) ?? new Uint8Array(), name), memoryFolder(files));

  it.each(names)("is opened whole from %s", async (name) => {
    const model = await open(
      new Map([
        [names[0], part(0)],
        [names[1], part(1)],
      ]),
      name,
    );
    expect([...model.tensors.values()].map((found) => [found.name, found.source.name])).toEqual([
      ["t0", names[0]],
      ["t1", names[1]],
    ]);
    expect(model.metadata.string("general.architecture")).toBe("llama");
  });

  it("says which part is missing", async () => {
    await expect(open(new Map([[names[0], part(0)]]), names[0])).rejects.toThrow(
      `${names[0]} needs ${names[1]} beside it`,
    );
  });

  it("refuses parts that were renamed, mixed up or do not add up", async () => {
    await expect(open(new Map([["x.gguf", part(0)]]), "x.gguf")).rejects.toThrow(/one of 2 parts/);
    await expect(
      open(
        new Map([
          [names[0], part(0)],
          [names[1], part(0)],
        ]),
        names[0],
      ),
    ).rejects.toThrow(/its name says 1 of 2/);
    const short = new Map([
      [names[0], part(0, {}, 3)],
      [names[1], part(1)],
    ]);
    await expect(open(short, names[0])).rejects.toThrow(/split\.tensors\.count says 3/);
    const twice = new Map([
      [names[0], part(0)],
      [names[1], part(1, { tensors: [tensor({ name: "t0" })] })],
    ]);
    await expect(open(twice, names[0])).rejects.toThrow(`t0 is in ${names[0]} and again in ${names[1]}`);
  });
});
