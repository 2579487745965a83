import type { Cursor } from "./cursor.ts";
import { FormatError } from "./errors.ts";
import { type GgufArray, type GgufNumbers, type GgufType, type GgufValue, ggufTypes } from "./gguf-metadata.ts";

/** Far above any model known, far below what would hurt: a vocabulary has 300,000 entries at most, a template 64 KB. */
export const ggufLimits = {
  keys: 65_536,
  tensors: 65_536,
  keyBytes: 65_535,
  tensorNameBytes: 64,
  stringBytes: 16 * 2 ** 20,
  arrayLength: 4 * 2 ** 20,
  arrayDepth: 4,
  /** Everything before the tensor data. */
  descriptionBytes: 128 * 2 ** 20,
  dimensions: 4,
  splits: 1_000,
} as const;

const sizes = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
  // The least that one of them takes: a length; a type and a length.
  string: 8,
  array: 12,
} as const satisfies Readonly<Record<GgufType, number>>;

/** Reads a value type's number. `what` says whose. */
export async function readGgufType(cursor: Cursor, what: string): Promise<GgufType> {
  await cursor.need(4, `the type of ${what}`);
  const at = cursor.offset;
  const id = cursor.u32();
  const type = ggufTypes[id];
  if (type === undefined) {
    throw new FormatError("invalid", `${cursor.source.name}: ${what} has the unknown value type ${id} at byte ${at}`);
  }
  return type;
}

/** Reads a string with its length in front. */
export async function readGgufString(cursor: Cursor, what: string, limit: number): Promise<string> {
  await cursor.need(8, `the length of ${what}`);
  const at = cursor.offset;
  const bytes = cursor.length();
  if (bytes > limit) {
    const code = bytes > cursor.remaining ? "truncated" : "limit";
    throw new FormatError(
      code,
      `${cursor.source.name}: ${what} claims ${BigInt(bytes)} bytes at byte ${at}, at most ${limit} are accepted`,
      "The file is damaged or not a model: download or copy it again.",
    );
  }
  return cursor.longText(bytes, what);
}

/** Reads one value of a known type. */
export async function readGgufValue(cursor: Cursor, type: GgufType, key: string, depth = 0): Promise<GgufValue> {
  switch (type) {
    case "string":
      return { type, value: await readGgufString(cursor, `the value of ${key}`, ggufLimits.stringBytes) };
    case "array":
      return readArray(cursor, key, depth);
    default:
      await cursor.need(sizes[type], `the value of ${key}`);
      if (type === "bool") return { type, value: readBoolean(cursor, key) };
      if (type === "u64") return { type, value: cursor.u64() };
      if (type === "i64") return { type, value: cursor.i64() };
      return { type, value: cursor[type]() };
  }
}

async function readArray(cursor: Cursor, key: string, depth: number): Promise<GgufArray> {
  const { name } = cursor.source;
  if (depth >= ggufLimits.arrayDepth) {
    throw new FormatError(
      "limit",
      `${name}: ${key} nests arrays deeper than ${ggufLimits.arrayDepth} at byte ${cursor.offset}`,
    );
  }
  if (cursor.offset > ggufLimits.descriptionBytes) {
    throw new FormatError(
      "limit",
      `${name}: ${key} reaches past byte ${ggufLimits.descriptionBytes}, too far for metadata`,
    );
  }
  const of = await readGgufType(cursor, `the items of ${key}`);
  await cursor.need(8, `the length of ${key}`);
  const at = cursor.offset;
  const length = cursor.length();
  if (length * sizes[of] > cursor.remaining) {
    throw new FormatError(
      "truncated",
      `${name}: ${key} claims ${BigInt(length)} items of type ${of} at byte ${at}, the file ends ${cursor.remaining} bytes later`,
      "The file is incomplete or damaged: download or copy it again.",
    );
  }
  if (length > ggufLimits.arrayLength) {
    throw new FormatError(
      "limit",
      `${name}: ${key} has ${length} items at byte ${at}, at most ${ggufLimits.arrayLength} are accepted`,
    );
  }
  if (of === "string") return { type: "array", of, value: await readStrings(cursor, key, length) };
  if (of === "array") {
    const value: GgufArray[] = [];
    for (let i = 0; i < length; i++) value.push(await readArray(cursor, key, depth + 1));
    return { type: "array", of, value };
  }
  if (of === "bool") {
    const value: boolean[] = [];
    for (let i = 0; i < length; i++) {
      if (!cursor.has(1)) await cursor.need(1, `item ${i} of ${key}`);
      value.push(readBoolean(cursor, key));
    }
    return { type: "array", of, value };
  }
  const bytes = new Uint8Array(length * sizes[of]);
  await cursor.take(bytes, `the items of ${key}`);
  if (of === "u64") return { type: "array", of, value: new BigUint64Array(bytes.buffer) };
  if (of === "i64") return { type: "array", of, value: new BigInt64Array(bytes.buffer) };
  return { type: "array", of, value: new typedArrays[of](bytes.buffer) };
}

type NumberType = Exclude<GgufType, "bool" | "string" | "array" | "u64" | "i64">;
const typedArrays: Readonly<Record<NumberType, new (buffer: ArrayBuffer) => GgufNumbers>> = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** The loop that a vocabulary of 300,000 tokens goes through: it waits only when the window is used up. */
async function readStrings(cursor: Cursor, key: string, length: number): Promise<string[]> {
  const strings: string[] = [];
  for (let i = 0; i < length; i++) {
    if (!cursor.has(8)) await cursor.need(8, `the length of item ${i} of ${key}`);
    const at = cursor.offset;
    const bytes = cursor.length();
    if (bytes > ggufLimits.stringBytes) {
      throw new FormatError(
        bytes > cursor.remaining ? "truncated" : "limit",
        `${cursor.source.name}: item ${i} of ${key} claims ${BigInt(bytes)} bytes at byte ${at}, at most ${ggufLimits.stringBytes} are accepted`,
        "The file is damaged or not a model: download or copy it again.",
      );
    }
    strings.push(cursor.has(bytes) ? cursor.text(bytes) : await cursor.longText(bytes, `item ${i} of ${key}`));
  }
  return strings;
}

function readBoolean(cursor: Cursor, key: string): boolean {
  const at = cursor.offset;
  const byte = cursor.u8();
  if (byte > 1) {
    throw new FormatError("invalid", `${cursor.source.name}: ${key} should be a boolean, the byte at ${at} is ${byte}`);
  }
  return byte === 1;
}
