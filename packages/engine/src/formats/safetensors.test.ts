import { describe, expect, it } from "vitest";
import { FormatError } from "./errors.ts";
import { MemorySink, memorySource } from "./memory.ts";
import { readRows } from "./rows.ts";
import { readSafetensors } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors-writer.ts";
import { concat, raw } from "./testing/raw-gguf.ts";
import { countingSource } from "./testing/sources.ts";

/** A file with any text as header, and `data` bytes behind it. */
function file(header: unknown, data = 0, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  return concat([raw.u64(claimed ?? BigInt(text.length)), text, new Uint8Array(data)]);
}
const one = (over: object = {}) => ({ a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16], ...over } });

interface Lie {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: RegExp;
}

const lies: readonly Lie[] = [
  { name: "an empty file", bytes: new Uint8Array(), message: /has 0 bytes/ },
  {
    name: "a header of 2^63 bytes",
    bytes: file(one(), 16, 2n ** 63n),
    message: /claims a header of 9223372036854775808 bytes at byte 0/,
  },
  { name: "a header longer than the file", bytes: file(one(), 16, 1000n), message: /claims a header of 1000 bytes/ },
  { name: "no JSON", bytes: file("{nonsense"), message: /is not JSON/ },
  { name: "no UTF-8", bytes: concat([raw.u64(3n), new Uint8Array([0x7b, 0xff, 0x7d])]), message: /not UTF-8/ },
  { name: "no object", bytes: file([1, 2]), message: /starts with the bytes/ },
  {
    name: "a GGUF file",
    bytes: concat([new TextEncoder().encode("GGUF"), new Uint8Array(60).fill(255)]),
    message: /is a GGUF file/,
  },
  {
    name: "the same tensor twice",
    bytes: file(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "a" :{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      8,
    ),
    message: /has the key "a" twice, again at character 55/,
  },
  {
    name: "a field of a record twice",
    bytes: file('{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', 4),
    message: /has the key "dtype" twice/,
  },
  { name: "an unknown dtype", bytes: file(one({ dtype: "F3" }), 16), message: /a has the unknown dtype F3/ },
  {
    name: "a shape of 2^53",
    bytes: file(one({ shape: [2 ** 52, 2 ** 52] }), 16),
    message: /takes 81129638414606681695789005144064 bytes/,
  },
  { name: "a negative dimension", bytes: file(one({ shape: [-2, -2] }), 16), message: /a: shape\.0/ },
  { name: "a broken dimension", bytes: file(one({ shape: [2.5, 2] }), 16), message: /a: shape\.0/ },
  {
    name: "offsets in the wrong order",
    bytes: file(one({ data_offsets: [16, 0] }), 16),
    message: /data_offsets 16 to 0/,
  },
  {
    name: "offsets that fit another shape",
    bytes: file(one({ data_offsets: [0, 12] }), 16),
    message: /its shape \[2, 2\] of F32 takes 16 bytes/,
  },
  { name: "data that is cut off", bytes: file(one(), 15), message: /a should end at byte \d+, the file ends at/ },
  { name: "data that belongs to nobody", bytes: file(one(), 20), message: /4 bytes after a belong to no tensor/ },
  {
    name: "a gap between tensors",
    bytes: file({ ...one(), b: { dtype: "F32", shape: [1], data_offsets: [20, 24] } }, 24),
    message: /a and b have a gap between them/,
  },
  {
    name: "tensors that overlap",
    bytes: file({ ...one(), b: { dtype: "F32", shape: [2], data_offsets: [12, 20] } }, 20),
    message: /a and b overlap/,
  },
  { name: "a record with unknown fields", bytes: file(one({ script: "x" }), 16), message: /script/ },
  {
    name: "metadata that is no text",
    bytes: file({ __metadata__: { a: 1 }, ...one() }, 16),
    message: /__metadata__: a/,
  },
];

describe("a safetensors file that lies", () => {
  it.each(lies)("$name", async ({ bytes, message }) => {
    const source = countingSource(bytes, "m.safetensors");
    const error: unknown = await readSafetensors(source).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FormatError);
    if (!(error instanceof FormatError)) return;
    expect(error.message).toMatch(message);
    expect(error.message).toContain("m.safetensors");
    expect(source.bytesRead).toBeLessThanOrEqual(2 * bytes.length);
  });
});

describe("safetensors", () => {
  it("gives back what was written, scalars and empty tensors too", async () => {
    const sink = new MemorySink();
    const values = Float32Array.from({ length: 6 }, (_, i) => i / 3);
    const data = async function* () {
      yield new Uint8Array(values.buffer);
    };
    const scalar = async function* () {
      yield new Uint8Array(4);
    };
    const nothing = async function* (): AsyncGenerator<Uint8Array> {};
    await writeSafetensors(
      sink,
      [
        { name: "é", type: "f32", shape: [2, 3], data },
        { name: "empty", type: "f16", shape: [0, 3], data: nothing },
        { name: "scalar", type: "f32", shape: [], data: scalar },
      ],
      { origin: "test" },
    );
    const { tensors, metadata } = await readSafetensors(memorySource(sink.bytes(), "m.safetensors"));
    expect(metadata).toEqual({ format: "pt", origin: "test" });
    expect(tensors.map(({ name, shape, bytes }) => ({ name, shape, bytes }))).toEqual([
      { name: "é", shape: [2, 3], bytes: 24 },
      { name: "empty", shape: [0, 3], bytes: 0 },
      { name: "scalar", shape: [], bytes: 4 },
    ]);
    const [first] = tensors;
    const row = new Uint8Array(12);
    if (first !== undefined) await readRows(first, 1, 1, row);
    expect(new Float32Array(row.buffer)).toEqual(values.subarray(3));
    expect((first?.offset ?? 0) % 8).toBe(0);
  });

  it("refuses to write or read what is not there", async () => {
    const nothing = async function* (): AsyncGenerator<Uint8Array> {};
    const tensor = { name: "a", type: "f32", shape: [2], data: nothing } as const;
    await expect(writeSafetensors(new MemorySink(), [tensor])).rejects.toThrow("a gave 0 bytes, f32 [2] takes 8");
    await expect(writeSafetensors(new MemorySink(), [{ ...tensor, type: "q8_0" }])).rejects.toThrow(
      /no dtype for q8_0/,
    );
    const { tensors } = await readSafetensors(memorySource(file(one(), 16), "m"));
    const [a] = tensors;
    if (a === undefined) throw new Error("no tensor");
    await expect(readRows(a, 1, 2, new Uint8Array(16))).rejects.toThrow("a has 2 rows, not 1 to 2");
    await expect(readRows(a, 0, 2, new Uint8Array(8))).rejects.toThrow("2 rows of a need 16 bytes of room");
  });
});
