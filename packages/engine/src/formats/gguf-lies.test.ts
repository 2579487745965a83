import { describe, expect, it } from "vitest";
import { FormatError, type FormatErrorCode } from "./errors.ts";
import { readGguf } from "./gguf.ts";
import { concat, type RawGguf, type RawTensor, raw, rawGguf } from "./testing/raw-gguf.ts";
import { countingSource } from "./testing/sources.ts";

const f32 = 0;
const tensor = (over: Partial<RawTensor> = {}): RawTensor => ({
  name: "a",
  dimensions: [8n],
  type: f32,
  offset: 0n,
  ...over,
});

/** What the reader says of a file, and that it did not ask for more bytes than the file has. */
async function refusal(bytes: Uint8Array): Promise<FormatError> {
  const source = countingSource(bytes, "m.gguf");
  try {
    await readGguf(source);
  } catch (error) {
    expect(source.bytesRead).toBeLessThanOrEqual(2 * bytes.length);
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

interface Lie {
  readonly name: string;
  readonly file: RawGguf | Uint8Array;
  readonly code: FormatErrorCode;
  readonly message: RegExp;
  readonly hint?: RegExp;
}

const lies: readonly Lie[] = [
  { name: "an empty file", file: new Uint8Array(), code: "truncated", message: /m\.gguf has 0 bytes/ },
  { name: "a cut header", file: rawGguf({}).slice(0, 12), code: "truncated", message: /the header at byte 4 needs 20/ },
  {
    name: "another magic",
    file: new Uint8Array(64).fill(7),
    code: "not-this-format",
    message: /no GGUF file: it starts with the bytes 07 07 07 07/,
  },
  {
    name: "a web page",
    file: new TextEncoder().encode("<!DOCTYPE html><html>"),
    code: "not-this-format",
    message: /a web page/,
    hint: /sign-in/,
  },
  {
    name: "a Git LFS pointer",
    file: new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
    code: "not-this-format",
    message: /Git LFS pointer/,
    hint: /git lfs pull/,
  },
  {
    name: "version 1",
    file: { version: 1 },
    code: "unsupported",
    message: /version 1 \(byte 4\)/,
    hint: /newer conversion/,
  },
  { name: "version 9", file: { version: 9 }, code: "unsupported", message: /version 9/, hint: /2 and 3/ },
  { name: "big-endian", file: { bigEndian: true }, code: "unsupported", message: /big-endian/, hint: /little-endian/ },
  {
    name: "2^60 tensors",
    file: { tensorCount: 2n ** 60n },
    code: "truncated",
    message: /claims 1152921504606846976 tensors at byte 8/,
  },
  {
    name: "2^60 keys",
    file: { keyCount: 2n ** 60n },
    code: "truncated",
    message: /claims 1152921504606846976 keys at byte 16/,
  },
  { name: "fewer keys than claimed", file: { keyCount: 3n, data: 4 }, code: "truncated", message: /claims 3 keys/ },
  {
    name: "a key name of 2^40 bytes",
    file: concat([rawGguf({ keyCount: 1n }).slice(0, 24), raw.u64(2n ** 40n), new Uint8Array(64)]),
    code: "truncated",
    message: /the name of key 0 claims 1099511627776 bytes at byte 24/,
  },
  {
    name: "the same key twice",
    file: { keys: [1, 2].map((value) => ({ key: "k", type: 4, value: raw.u32(value) })) },
    code: "invalid",
    message: /the key k stands there twice, again at byte 41/,
  },
  {
    name: "an unknown value type",
    file: { keys: [{ key: "k", type: 13, value: raw.u32(0) }] },
    code: "invalid",
    message: /k has the unknown value type 13 at byte 33/,
  },
  {
    name: "a boolean of 7",
    file: { keys: [{ key: "k", type: 7, value: new Uint8Array([7]) }] },
    code: "invalid",
    message: /k should be a boolean, the byte at 37 is 7/,
  },
  {
    name: "a string past the end",
    file: { keys: [{ key: "k", type: 8, value: raw.u64(1000n) }] },
    code: "truncated",
    message: /the value of k at byte 45 needs 1000 bytes/,
  },
  {
    name: "an array of 2^61 numbers",
    file: { keys: [{ key: "k", type: 9, value: raw.array(6, 2n ** 61n) }] },
    code: "truncated",
    message: /k claims 2305843009213693952 items of type f32 at byte 41/,
  },
  {
    name: "an array of 2^61 strings",
    file: { keys: [{ key: "k", type: 9, value: raw.array(8, 2n ** 61n) }] },
    code: "truncated",
    message: /k claims 2305843009213693952 items of type string/,
  },
  {
    name: "an array longer than any model's",
    file: { keys: [{ key: "k", type: 9, value: raw.array(0, 5n * 2n ** 20n, new Uint8Array(5 * 2 ** 20)) }] },
    code: "limit",
    message: /k has 5242880 items at byte 41/,
  },
  {
    name: "arrays in arrays without end",
    file: {
      keys: [{ key: "k", type: 9, value: concat(Array.from({ length: 50 }, () => raw.array(9, 1n))) }],
    },
    code: "limit",
    message: /k nests arrays deeper than 4/,
  },
  {
    name: "an alignment of 33",
    file: { keys: [{ key: "general.alignment", type: 4, value: raw.u32(33) }] },
    code: "invalid",
    message: /general\.alignment is 33/,
  },
  {
    name: "an alignment of 0",
    file: { keys: [{ key: "general.alignment", type: 4, value: raw.u32(0) }] },
    code: "invalid",
    message: /general\.alignment is 0/,
  },
  {
    name: "an alignment that is a text",
    file: { keys: [{ key: "general.alignment", type: 8, value: raw.string("32") }] },
    code: "invalid",
    message: /general\.alignment should be a number, it is string/,
  },
  {
    name: "2^60 rows",
    file: { tensors: [tensor({ dimensions: [8n, 2n ** 60n] })], data: 32 },
    code: "invalid",
    message: /a claims 8 × 1152921504606846976 values of f32 at byte 33, that is 36893488147419103232 bytes/,
  },
  {
    name: "dimensions whose product wraps around to 0",
    file: { tensors: [tensor({ dimensions: [2n ** 32n, 2n ** 32n] })], data: 32 },
    code: "invalid",
    message: /73786976294838206464 bytes in a file of/,
  },
  {
    name: "a dimension of 0",
    file: { tensors: [tensor({ dimensions: [8n, 0n] })], data: 32 },
    code: "invalid",
    message: /dimension 1 of a is 0 at byte 45/,
  },
  {
    name: "four billion dimensions",
    file: { tensors: [tensor({ dimensionCount: 0xffffffff })], data: 32 },
    code: "invalid",
    message: /a claims 4294967295 dimensions at byte 33/,
  },
  {
    name: "no dimensions",
    file: { tensors: [tensor({ dimensions: [] })], data: 32 },
    code: "invalid",
    message: /a claims 0 dimensions/,
  },
  {
    name: "an unknown tensor type",
    file: { tensors: [tensor({ type: 999 })], data: 32 },
    code: "unsupported",
    message: /a has the unknown tensor type 999 at byte 45/,
  },
  {
    name: "a type that ggml dropped",
    file: { tensors: [tensor({ type: 31 })], data: 32 },
    code: "unsupported",
    message: /q4_0_4_4/,
    hint: /newer conversion/,
  },
  {
    name: "rows that are no whole blocks",
    file: { tensors: [tensor({ type: 8, dimensions: [33n] })], data: 64 },
    code: "invalid",
    message: /rows of a have 33 values \(byte 33\), q8_0 needs a multiple of 32/,
  },
  {
    name: "an offset past the end",
    file: { tensors: [tensor({ offset: 2n ** 50n })], data: 32 },
    code: "truncated",
    message: /a should lie at bytes 1125899906842688 to 1125899906842719 \(said at byte 49\), the file ends at/,
  },
  {
    name: "a misaligned offset",
    file: { tensors: [tensor({ offset: 16n })], data: 64 },
    code: "invalid",
    message: /a has offset 16 at byte 49, not a multiple of the alignment 32/,
  },
  {
    name: "data that is cut off",
    file: { tensors: [tensor()], data: 31 },
    code: "truncated",
    message: /a should lie at bytes 64 to 95/,
    hint: /again/,
  },
  {
    name: "two tensors of one name",
    file: { tensors: [tensor(), tensor({ offset: 32n })], data: 64 },
    code: "invalid",
    message: /two tensors called a/,
  },
  {
    name: "tensors that overlap",
    file: { tensors: [tensor({ dimensions: [16n] }), tensor({ name: "b", offset: 32n })], data: 96 },
    code: "invalid",
    message: /a and b overlap, the second starts at byte/,
  },
  {
    name: "a tensor name of 65 bytes",
    file: { tensors: [tensor({ name: "n".repeat(65) })], data: 32 },
    code: "limit",
    message: /the name of tensor 0 claims 65 bytes at byte 24/,
  },
  {
    name: "a tensor without a name",
    file: { tensors: [tensor({ name: "" })], data: 32 },
    code: "invalid",
    message: /no name/,
  },
];

describe("a GGUF file that lies", () => {
  it.each(lies)("$name", async ({ file, code, message, hint }) => {
    const error = await refusal(file instanceof Uint8Array ? file : rawGguf(file));
    expect(error.message).toMatch(message);
    expect(error.message).toContain("m.gguf");
    expect(error.code).toBe(code);
    if (hint !== undefined) expect(error.hint).toMatch(hint);
  });
});
