import { FormatError } from "./errors.ts";
import { type GgufArray, type GgufType, type GgufValue, ggufTypes } from "./gguf-metadata.ts";
import { tensorBytes } from "./gguf-tensors.ts";
import { ggmlTypeIds, type TensorType } from "./tensor-types.ts";
import type { ByteSink } from "./types.ts";

/** A tensor to be written: what it is now, its content when its turn comes. */
export interface PlannedTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** Its bytes in order, in chunks of any size; a chunk may be reused after the next one is asked for. */
  data(): AsyncIterable<Uint8Array>;
}

export interface WriteProgress {
  readonly tensor: string;
  /** Bytes of tensor data written, and in all. */
  readonly done: number;
  readonly total: number;
}

export interface WriteOptions {
  readonly onProgress?: (progress: WriteProgress) => void;
  readonly signal?: AbortSignal;
}

const typeIds: ReadonlyMap<TensorType, number> = new Map(Array.from(ggmlTypeIds, ([id, type]) => [type, id]));
const defaultAlignment = 32;

/**
 * Writes a GGUF v3 file front to back, tensor by tensor: memory holds the description and one chunk.
 * @throws FormatError `unsupported` for a type that ggml lacks, `invalid` when a tensor gives more or fewer bytes than
 * its shape takes; whatever the sink or the signal throws.
 */
export async function writeGguf(
  sink: ByteSink,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly PlannedTensor[],
  options: WriteOptions = {},
): Promise<void> {
  const declared = metadata.get("general.alignment");
  const alignment = typeof declared?.value === "number" ? declared.value : defaultAlignment;
  const head = new ByteBuilder();
  head.text("GGUF").u32(3).u64(tensors.length).u64(metadata.size);
  for (const [key, entry] of metadata) {
    head.string(key).u32(ggufTypes.indexOf(entry.type));
    writeValue(head, entry);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const id = typeIds.get(type);
    if (id === undefined) throw new FormatError("unsupported", `${name}: GGUF has no tensor type ${type}`);
    head.string(name).u32(shape.length);
    for (const extent of [...shape].reverse()) head.u64(extent);
    head.u32(id).u64(offset);
    offset = alignUp(offset + tensorBytes(type, shape), alignment);
  }
  head.pad(alignment);
  await sink.write(head.bytes());

  const total = offset;
  let done = 0;
  for (const tensor of tensors) {
    let written = 0;
    for await (const chunk of tensor.data()) {
      options.signal?.throwIfAborted();
      await sink.write(chunk);
      written += chunk.length;
      options.onProgress?.({ tensor: tensor.name, done: done + written, total });
    }
    const expected = tensorBytes(tensor.type, tensor.shape);
    if (written !== expected) {
      throw new FormatError(
        "invalid",
        `${tensor.name} gave ${written} bytes, ${tensor.type} [${tensor.shape}] takes ${expected}`,
      );
    }
    const padding = alignUp(written, alignment) - written;
    if (padding > 0) await sink.write(new Uint8Array(padding));
    done += written + padding;
  }
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function writeValue(out: ByteBuilder, entry: GgufValue): void {
  switch (entry.type) {
    case "string":
      out.string(entry.value);
      return;
    case "bool":
      out.u8(entry.value ? 1 : 0);
      return;
    case "array":
      writeArray(out, entry);
      return;
    default:
      out.number(entry.type, entry.value);
  }
}

function writeArray(out: ByteBuilder, { of, value }: GgufArray): void {
  out.u32(ggufTypes.indexOf(of)).u64(value.length);
  if (ArrayBuffer.isView(value)) {
    out.raw(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return;
  }
  for (const item of value) {
    if (typeof item === "string") out.string(item);
    else if (typeof item === "boolean") out.u8(item ? 1 : 0);
    else writeArray(out, item);
  }
}

type NumberType = Exclude<GgufType, "string" | "bool" | "array">;
const numberBytes: Readonly<Record<NumberType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
};
const writers: Readonly<Record<NumberType, (view: DataView, at: number, value: number | bigint) => void>> = {
  u8: (view, at, value) => view.setUint8(at, Number(value)),
  i8: (view, at, value) => view.setInt8(at, Number(value)),
  u16: (view, at, value) => view.setUint16(at, Number(value), true),
  i16: (view, at, value) => view.setInt16(at, Number(value), true),
  u32: (view, at, value) => view.setUint32(at, Number(value), true),
  i32: (view, at, value) => view.setInt32(at, Number(value), true),
  f32: (view, at, value) => view.setFloat32(at, Number(value), true),
  f64: (view, at, value) => view.setFloat64(at, Number(value), true),
  u64: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  i64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
};

const encoder = new TextEncoder();

/** A byte buffer that grows; little endian. */
class ByteBuilder {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): this {
    this.number("u8", value);
    return this;
  }

  u32(value: number): this {
    this.number("u32", value);
    return this;
  }

  u64(value: number): this {
    this.number("u64", BigInt(value));
    return this;
  }

  number(type: NumberType, value: number | bigint): void {
    const at = this.#grow(numberBytes[type]);
    writers[type](this.#view, at, value);
  }

  text(value: string): this {
    return this.raw(encoder.encode(value));
  }

  string(value: string): this {
    const bytes = encoder.encode(value);
    return this.u64(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  pad(alignment: number): void {
    this.#grow(alignUp(this.#length, alignment) - this.#length);
  }

  /** Makes room for `count` zero bytes and says where they start. `#view` is another one afterwards. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
