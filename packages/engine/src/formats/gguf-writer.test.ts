import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGguf } from "./gguf.ts";
import type { GgufArray, GgufValue } from "./gguf-metadata.ts";
import { type PlannedTensor, writeGguf } from "./gguf-writer.ts";
import { MemorySink, memorySource } from "./memory.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const int = (bits: number) => ({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const uint = (bits: number) => ({ min: 0, max: 2 ** bits - 1 });

const scalar: fc.Arbitrary<GgufValue> = fc.oneof(
  fc.record({ type: fc.constant("u8" as const), value: fc.integer(uint(8)) }),
  fc.record({ type: fc.constant("i8" as const), value: fc.integer(int(8)) }),
  fc.record({ type: fc.constant("u16" as const), value: fc.integer(uint(16)) }),
  fc.record({ type: fc.constant("i16" as const), value: fc.integer(int(16)) }),
  fc.record({ type: fc.constant("u32" as const), value: fc.integer(uint(32)) }),
  fc.record({ type: fc.constant("i32" as const), value: fc.integer(int(32)) }),
  fc.record({ type: fc.constant("f32" as const), value: fc.float() }),
  fc.record({ type: fc.constant("f64" as const), value: fc.double() }),
  fc.record({ type: fc.constant("u64" as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  fc.record({ type: fc.constant("i64" as const), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("string" as const), value: text }),
);
const list = fc.constant("array" as const);
const flat: fc.Arbitrary<GgufArray> = fc.oneof(
  fc.record({ type: list, of: fc.constant("string" as const), value: fc.array(text) }),
  fc.record({ type: list, of: fc.constant("bool" as const), value: fc.array(fc.boolean()) }),
  fc.record({ type: list, of: fc.constant("i32" as const), value: fc.int32Array() }),
  fc.record({ type: list, of: fc.constant("f32" as const), value: fc.float32Array() }),
  fc.record({ type: list, of: fc.constant("u64" as const), value: fc.bigUint64Array() }),
);
const nested: fc.Arbitrary<GgufArray> = fc.record({
  type: list,
  of: fc.constant("array" as const),
  value: fc.array(flat),
});

const metadata = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.oneof(scalar, flat, nested), { noNullPrototype: true })
  .map((entries) => new Map(Object.entries(entries).filter(([key]) => key !== "general.alignment")));

const tensors = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 6 }).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc.record({
        name: fc.constant(name),
        rows: fc.integer({ min: 1, max: 5 }),
        columns: fc.integer({ min: 1, max: 40 }),
      }),
    ),
  ),
);

function planned(name: string, rows: number, columns: number, fill: number): PlannedTensor {
  return {
    name,
    type: "f16",
    shape: [rows, columns],
    async *data() {
      for (let row = 0; row < rows; row++) yield new Uint8Array(columns * 2).fill(fill);
    },
  };
}

describe("writeGguf", () => {
  it("writes what the reader reads", async () => {
    await fc.assert(
      fc.asyncProperty(
        metadata,
        tensors,
        fc.constantFrom(undefined, 8, 64, 4096),
        async (entries, wanted, alignment) => {
          const all = new Map<string, GgufValue>(entries);
          if (alignment !== undefined) all.set("general.alignment", { type: "u32", value: alignment });
          const sink = new MemorySink();
          const reports: [number, number][] = [];
          await writeGguf(
            sink,
            all,
            wanted.map(({ name, rows, columns }, i) => planned(name, rows, columns, i + 1)),
            { onProgress: ({ done, total }) => reports.push([done, total]) },
          );
          const bytes = sink.bytes();
          const read = await readGguf(memorySource(bytes, "m.gguf"));
          expect([...read.metadata.entries]).toEqual([...all]);
          expect(read.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
            wanted.map(({ name, rows, columns }) => ({ name, shape: [rows, columns] })),
          );
          for (const [i, tensor] of read.tensors.entries()) {
            expect(tensor.offset % (alignment ?? 32)).toBe(0);
            expect(new Set(bytes.subarray(tensor.offset, tensor.offset + tensor.bytes))).toEqual(new Set([i + 1]));
          }
          expect(reports).toEqual([...reports].sort(([a], [b]) => a - b));
          for (const [done, total] of reports) expect(done).toBeLessThanOrEqual(total);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses tensors that give other bytes than they promised, and types that GGUF lacks", async () => {
    const short = { ...planned("a", 2, 4, 1), shape: [3, 4] };
    await expect(writeGguf(new MemorySink(), new Map(), [short])).rejects.toThrow(
      "a gave 16 bytes, f16 [3,4] takes 24",
    );
    const foreign: PlannedTensor = { ...planned("a", 2, 4, 1), type: "f8_e4m3" };
    await expect(writeGguf(new MemorySink(), new Map(), [foreign])).rejects.toThrow(/no tensor type f8_e4m3/);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const writing = writeGguf(new MemorySink(), new Map(), [planned("a", 2, 4, 1)], { signal: controller.signal });
    await expect(writing).rejects.toThrow("enough");
  });
});
