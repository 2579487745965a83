import { FormatError } from "./errors.ts";

/** GGUF's value types, in the order of their numbers (0 to 12). */
export const ggufTypes = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;
export type GgufType = (typeof ggufTypes)[number];

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export type GgufArray =
  | { readonly type: "array"; readonly of: "string"; readonly value: readonly string[] }
  | { readonly type: "array"; readonly of: "bool"; readonly value: readonly boolean[] }
  | { readonly type: "array"; readonly of: "u64" | "i64"; readonly value: BigUint64Array | BigInt64Array }
  | { readonly type: "array"; readonly of: "array"; readonly value: readonly GgufArray[] }
  | {
      readonly type: "array";
      readonly of: "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "f64";
      readonly value: GgufNumbers;
    };

export type GgufValue =
  | { readonly type: "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "f64"; readonly value: number }
  | { readonly type: "u64" | "i64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | GgufArray;

/**
 * The key-value part of a GGUF file. The typed getters return undefined for an absent key and throw for one of another
 * type; the `need…` getters throw for an absent one too.
 */
export class GgufMetadata {
  readonly entries: ReadonlyMap<string, GgufValue>;
  readonly #file: string;

  /** @param file the name that messages use. */
  constructor(entries: ReadonlyMap<string, GgufValue>, file: string) {
    this.entries = entries;
    this.#file = file;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  get(key: string): GgufValue | undefined {
    return this.entries.get(key);
  }

  /** Any numeric type; 64-bit integers must be below 2^53. */
  number(key: string): number | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (typeof entry.value === "number") return entry.value;
    if (typeof entry.value === "bigint") {
      const value = Number(entry.value);
      if (Number.isSafeInteger(value)) return value;
      throw new FormatError("limit", `${this.#file}: ${key} is ${entry.value}, more than this reader can count to`);
    }
    throw this.#wrongType(key, "a number", entry);
  }

  string(key: string): string | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "string") return entry.value;
    throw this.#wrongType(key, "a string", entry);
  }

  boolean(key: string): boolean | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "bool") return entry.value;
    throw this.#wrongType(key, "a boolean", entry);
  }

  strings(key: string): readonly string[] | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array" && entry.of === "string") return entry.value;
    throw this.#wrongType(key, "an array of strings", entry);
  }

  /** An array of any numeric type; 64-bit integers become doubles. An empty array of any type is an empty list. */
  numbers(key: string): ArrayLike<number> | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array") {
      const values = entry.value;
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Array.from(values, Number);
      if (values.length === 0) return [];
      if (ArrayBuffer.isView(values)) return values;
    }
    throw this.#wrongType(key, "an array of numbers", entry);
  }

  booleans(key: string): readonly boolean[] | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array" && entry.of === "bool") return entry.value;
    throw this.#wrongType(key, "an array of booleans", entry);
  }

  /** One number, or one per layer: keys such as `head_count_kv` may be written either way. */
  numberPerLayer(key: string, layers: number): ArrayLike<number> | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.type !== "array") {
      const value = this.needNumber(key);
      return Array.from({ length: layers }, () => value);
    }
    const values = this.numbers(key);
    if (values !== undefined && values.length >= layers) return values;
    throw new FormatError("invalid", `${this.#file}: ${key} has ${values?.length ?? 0} values for ${layers} layers`);
  }

  needNumber(key: string): number {
    return this.number(key) ?? this.#missing(key);
  }

  needString(key: string): string {
    return this.string(key) ?? this.#missing(key);
  }

  needStrings(key: string): readonly string[] {
    return this.strings(key) ?? this.#missing(key);
  }

  #missing(key: string): never {
    throw new FormatError(
      "missing",
      `${this.#file} has no ${key}`,
      "Convert the model again with a current converter.",
    );
  }

  #wrongType(key: string, wanted: string, entry: GgufValue): FormatError {
    const found = entry.type === "array" ? `an array of ${entry.of}` : entry.type;
    return new FormatError("invalid", `${this.#file}: ${key} should be ${wanted}, it is ${found}`);
  }
}
