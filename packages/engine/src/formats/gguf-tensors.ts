import type { Cursor } from "./cursor.ts";
import { FormatError } from "./errors.ts";
import { ggufLimits, readGgufString } from "./gguf-values.ts";
import { ggmlTypeIds, removedGgmlTypes, rowBytes, type TensorType, tensorTypes } from "./tensor-types.ts";
import type { TensorInfo } from "./types.ts";

const damaged = "The file is damaged or was written by a faulty converter: download or convert it again.";

/** A tensor record before the place of the data is known: `offset` counts from there. */
interface TensorRecord {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly offset: number;
  /** Where the offset stands in the file, for messages. */
  readonly at: number;
}

/** Reads `count` tensor records and places them behind themselves, aligned. */
export async function readGgufTensors(cursor: Cursor, count: number, alignment: number): Promise<TensorInfo[]> {
  const records: TensorRecord[] = [];
  for (let i = 0; i < count; i++) records.push(await readRecord(cursor, i, alignment));
  const dataStart = Math.ceil(cursor.offset / alignment) * alignment;
  return place(cursor, records, dataStart);
}

async function readRecord(cursor: Cursor, index: number, alignment: number): Promise<TensorRecord> {
  const { name: file, size } = cursor.source;
  const name = await readGgufString(cursor, `the name of tensor ${index}`, ggufLimits.tensorNameBytes);
  if (name === "")
    throw new FormatError("invalid", `${file}: tensor ${index} has no name before byte ${cursor.offset}`);
  await cursor.need(4, `the dimensions of ${name}`);
  const dimensionsAt = cursor.offset;
  const dimensions = cursor.u32();
  if (dimensions < 1 || dimensions > ggufLimits.dimensions) {
    throw new FormatError(
      "invalid",
      `${file}: ${name} claims ${dimensions} dimensions at byte ${dimensionsAt}, 1 to ${ggufLimits.dimensions} are allowed`,
      damaged,
    );
  }
  await cursor.need(dimensions * 8 + 12, `the record of ${name}`);
  const sizes: bigint[] = [];
  for (let i = 0; i < dimensions; i++) {
    const at = cursor.offset;
    const extent = cursor.u64();
    if (extent < 1n) throw new FormatError("invalid", `${file}: dimension ${i} of ${name} is 0 at byte ${at}`, damaged);
    sizes.push(extent);
  }
  const type = tensorType(cursor, name);
  const { block, bytes } = tensorTypes[type];
  if ((sizes[0] ?? 0n) % BigInt(block) !== 0n) {
    throw new FormatError(
      "invalid",
      `${file}: rows of ${name} have ${sizes[0]} values (byte ${dimensionsAt}), ${type} needs a multiple of ${block}`,
      damaged,
    );
  }
  const total = (sizes.reduce((product, extent) => product * extent, 1n) / BigInt(block)) * BigInt(bytes);
  if (total > BigInt(size)) {
    throw new FormatError(
      "invalid",
      `${file}: ${name} claims ${sizes.join(" × ")} values of ${type} at byte ${dimensionsAt}, that is ${total} bytes in a file of ${size}`,
      damaged,
    );
  }
  const at = cursor.offset;
  const offset = cursor.length();
  if (offset % alignment !== 0) {
    throw new FormatError(
      "invalid",
      `${file}: ${name} has offset ${offset} at byte ${at}, not a multiple of the alignment ${alignment}`,
      damaged,
    );
  }
  return { name, type, shape: sizes.reverse().map(Number), bytes: Number(total), offset, at };
}

function tensorType(cursor: Cursor, name: string): TensorType {
  const file = cursor.source.name;
  const at = cursor.offset;
  const id = cursor.u32();
  const type = ggmlTypeIds.get(id);
  if (type !== undefined) return type;
  const removed = removedGgmlTypes.get(id);
  if (removed !== undefined) {
    throw new FormatError(
      "unsupported",
      `${file}: ${name} has the type ${removed} at byte ${at}, which ggml has dropped`,
      "Use a newer conversion of this model, for example q4_0 or q8_0.",
    );
  }
  throw new FormatError("unsupported", `${file}: ${name} has the unknown tensor type ${id} at byte ${at}`, damaged);
}

/** Turns offsets into positions in the file and refuses tensors that leave it, overlap, or share a name. */
function place(cursor: Cursor, records: readonly TensorRecord[], dataStart: number): TensorInfo[] {
  const { source } = cursor;
  const names = new Set<string>();
  for (const { name, bytes, offset, at } of records) {
    if (names.has(name)) {
      throw new FormatError(
        "invalid",
        `${source.name}: there are two tensors called ${name}, one before byte ${at}`,
        damaged,
      );
    }
    names.add(name);
    if (dataStart + offset + bytes > source.size) {
      throw new FormatError(
        "truncated",
        `${source.name}: ${name} should lie at bytes ${dataStart + offset} to ${dataStart + offset + bytes - 1} (said at byte ${at}), the file ends at ${source.size}`,
        "The file is incomplete or damaged: download or copy it again.",
      );
    }
  }
  const ordered = [...records].sort((a, b) => a.offset - b.offset);
  for (const [i, next] of ordered.entries()) {
    const previous = ordered[i - 1];
    if (previous !== undefined && previous.offset + previous.bytes > next.offset) {
      throw new FormatError(
        "invalid",
        `${source.name}: ${previous.name} and ${next.name} overlap, the second starts at byte ${dataStart + next.offset} (said at byte ${next.at})`,
        damaged,
      );
    }
  }
  return records.map(({ name, type, shape, bytes, offset }) => ({
    name,
    type,
    shape,
    source,
    offset: dataStart + offset,
    bytes,
  }));
}

/** Bytes that a tensor of this type and shape takes. */
export function tensorBytes(type: TensorType, shape: readonly number[]): number {
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return rows * rowBytes(type, shape.at(-1) ?? 1);
}
