import { z } from "zod";
import { FormatError } from "./errors.ts";
import { checked, parseJson } from "./json.ts";
import { foreignFile } from "./magic.ts";
import { type TensorType, tensorTypes } from "./tensor-types.ts";
import type { ByteSource, TensorInfo } from "./types.ts";

export const safetensorsLimits = {
  /** A header of 10,000 tensors has 1.5 MB. */
  headerBytes: 32 * 2 ** 20,
  tensors: 65_536,
  dimensions: 8,
} as const;

const dtypes: ReadonlyMap<string, TensorType> = new Map<string, TensorType>([
  ["F64", "f64"],
  ["F32", "f32"],
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["F8_E4M3", "f8_e4m3"],
  ["F8_E5M2", "f8_e5m2"],
  ["I64", "i64"],
  ["I32", "i32"],
  ["I16", "i16"],
  ["I8", "i8"],
  ["U64", "u64"],
  ["U32", "u32"],
  ["U16", "u16"],
  ["U8", "u8"],
  ["BOOL", "bool"],
]);

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const record = z.strictObject({
  dtype: z.string(),
  shape: z.array(size).max(safetensorsLimits.dimensions),
  data_offsets: z.tuple([size, size]),
});

export interface SafetensorsFile {
  readonly tensors: readonly TensorInfo[];
  /** The free text pairs under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const damaged = "The file is incomplete or damaged: download or copy it again.";

/**
 * Reads the header of one safetensors file, not its data. The tensors must fill the file exactly, without gap or
 * overlap, as the format demands (safetensors README, "Format").
 * @throws FormatError
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name } = source;
  if (source.size < 8)
    throw new FormatError("truncated", `${name} has ${source.size} bytes: it is no safetensors file`);
  const lengthBytes = new Uint8Array(8);
  await source.read(0, lengthBytes);
  const headerBytes = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(source.size - 8) || headerBytes > BigInt(safetensorsLimits.headerBytes)) {
    const foreign = await foreignFile(source, "safetensors");
    if (foreign.hint !== undefined && !foreign.message.includes("starts with the bytes")) throw foreign;
    const code = headerBytes > BigInt(source.size - 8) ? "truncated" : "limit";
    throw new FormatError(
      code,
      `${name} claims a header of ${headerBytes} bytes at byte 0, the file has ${source.size} (at most ${safetensorsLimits.headerBytes} are accepted)`,
      damaged,
    );
  }
  const header = new Uint8Array(Number(headerBytes));
  await source.read(8, header);
  if (header[0] !== 0x7b) throw await foreignFile(source, "safetensors");
  const parsed = checked(z.record(z.string(), z.unknown()), parseJson(header, `the header of ${name}`), name);
  const entries = Object.entries(parsed).filter(([key]) => key !== "__metadata__");
  if (entries.length > safetensorsLimits.tensors) {
    throw new FormatError(
      "limit",
      `${name} has ${entries.length} tensors, at most ${safetensorsLimits.tensors} are accepted`,
    );
  }
  const dataStart = 8 + header.length;
  const tensors = entries.map(([key, value]) => tensorOf(source, key, value, dataStart));
  refuseGaps(source, tensors, dataStart);
  const metadata = checked(
    z.record(z.string(), z.string()).default({}),
    parsed.__metadata__,
    `the header of ${name}: __metadata__`,
  );
  return { tensors, metadata };
}

function tensorOf(source: ByteSource, name: string, value: unknown, dataStart: number): TensorInfo {
  const where = `the header of ${source.name}: ${name}`;
  const { dtype, shape, data_offsets } = checked(record, value, where);
  const type = dtypes.get(dtype);
  if (type === undefined) {
    throw new FormatError(
      "unsupported",
      `${where} has the unknown dtype ${dtype.slice(0, 40)}`,
      "Convert it to BF16, F16 or F32.",
    );
  }
  const [begin, end] = data_offsets;
  const claimed = shape.reduce((product, extent) => product * BigInt(extent), BigInt(tensorTypes[type].bytes));
  if (end < begin || BigInt(end - begin) !== claimed) {
    throw new FormatError(
      "invalid",
      `${where} has data_offsets ${begin} to ${end}, its shape [${shape.join(", ")}] of ${dtype} takes ${claimed} bytes`,
      damaged,
    );
  }
  if (dataStart + end > source.size) {
    throw new FormatError(
      "truncated",
      `${where} should end at byte ${dataStart + end}, the file ends at ${source.size}`,
      damaged,
    );
  }
  return { name, type, shape, source, offset: dataStart + begin, bytes: end - begin };
}

function refuseGaps(source: ByteSource, tensors: readonly TensorInfo[], dataStart: number): void {
  let end = dataStart;
  let previous = "the header";
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (tensor.offset !== end) {
      const how = tensor.offset < end ? "overlap" : "have a gap between them";
      throw new FormatError(
        "invalid",
        `${source.name}: ${previous} and ${tensor.name} ${how} at byte ${tensor.offset}`,
        damaged,
      );
    }
    end = tensor.offset + tensor.bytes;
    previous = tensor.name;
  }
  if (end !== source.size) {
    throw new FormatError(
      "invalid",
      `${source.name}: ${source.size - end} bytes after ${previous} belong to no tensor`,
      damaged,
    );
  }
}
