/** A GGUF file put together by hand, so that any part of it can lie. */
export interface RawGguf {
  readonly magic?: string;
  readonly version?: number;
  readonly bigEndian?: boolean;
  /** What the header claims; the real counts by default. */
  readonly tensorCount?: bigint;
  readonly keyCount?: bigint;
  readonly keys?: readonly RawKey[];
  readonly tensors?: readonly RawTensor[];
  /** Bytes of tensor data after the description. */
  readonly data?: number;
}

export interface RawKey {
  readonly key: string;
  /** GGUF's number of the value's type. */
  readonly type: number;
  readonly value: Uint8Array;
}

export interface RawTensor {
  readonly name: string;
  /** Innermost first, as in the file. */
  readonly dimensions: readonly bigint[];
  readonly dimensionCount?: number;
  /** ggml's number of the type. */
  readonly type: number;
  readonly offset: bigint;
}

export function rawGguf(file: RawGguf): Uint8Array {
  const little = !file.bigEndian;
  const keys = file.keys ?? [];
  const tensors = file.tensors ?? [];
  const head = concat([
    new TextEncoder().encode(file.magic ?? "GGUF"),
    raw.u32(file.version ?? 3, little),
    raw.u64(file.tensorCount ?? BigInt(tensors.length), little),
    raw.u64(file.keyCount ?? BigInt(keys.length), little),
    ...keys.flatMap(({ key, type, value }) => [raw.string(key), raw.u32(type), value]),
    ...tensors.flatMap(({ name, dimensions, dimensionCount, type, offset }) => [
      raw.string(name),
      raw.u32(dimensionCount ?? dimensions.length),
      ...dimensions.map((extent) => raw.u64(extent)),
      raw.u32(type),
      raw.u64(offset),
    ]),
  ]);
  return concat([head, new Uint8Array((32 - (head.length % 32)) % 32), new Uint8Array(file.data ?? 0)]);
}

/** Values in their form in the file. */
export const raw = {
  u32(value: number, little = true): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, little);
    return bytes;
  },
  u64(value: bigint, little = true): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, little);
    return bytes;
  },
  string(value: string): Uint8Array {
    const bytes = new TextEncoder().encode(value);
    return concat([raw.u64(BigInt(bytes.length)), bytes]);
  },
  /** An array's head: `length` is what it claims. */
  array(type: number, length: bigint, items: Uint8Array = new Uint8Array()): Uint8Array {
    return concat([raw.u32(type), raw.u64(length), items]);
  },
};

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
