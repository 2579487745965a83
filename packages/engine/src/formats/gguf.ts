import { Cursor } from "./cursor.ts";
import { FormatError } from "./errors.ts";
import { GgufMetadata, type GgufValue } from "./gguf-metadata.ts";
import { readGgufTensors } from "./gguf-tensors.ts";
import { ggufLimits, readGgufString, readGgufType, readGgufValue } from "./gguf-values.ts";
import { foreignFile } from "./magic.ts";
import type { ByteSource, FileSet, GgufModel, TensorInfo } from "./types.ts";

/** One GGUF file: the whole model, or one part of a split one. */
export interface GgufPart {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly TensorInfo[];
}

/**
 * Reads the description of one GGUF file (v2 or v3, little endian), not its tensors' data. Takes milliseconds, whatever
 * the file claims. Format: docs/gguf.md of ggml.
 * @throws FormatError for anything that the format does not allow, naming field and byte offset.
 */
export async function readGguf(source: ByteSource): Promise<GgufPart> {
  const cursor = new Cursor(source);
  const { version, tensorCount, keyCount } = await readHeader(cursor);
  const entries = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const at = cursor.offset;
    const key = await readGgufString(cursor, `the name of key ${i}`, ggufLimits.keyBytes);
    if (key === "") throw new FormatError("invalid", `${source.name}: key ${i} has no name at byte ${at}`);
    if (entries.has(key))
      throw new FormatError("invalid", `${source.name}: the key ${key} stands there twice, again at byte ${at}`);
    const type = await readGgufType(cursor, key);
    entries.set(key, await readGgufValue(cursor, type, key));
    if (cursor.offset > ggufLimits.descriptionBytes) {
      throw new FormatError(
        "limit",
        `${source.name}: its metadata is longer than ${ggufLimits.descriptionBytes} bytes`,
      );
    }
  }
  const metadata = new GgufMetadata(entries, source.name);
  const tensors = await readGgufTensors(cursor, tensorCount, alignment(metadata, source.name));
  return { version, metadata, tensors };
}

async function readHeader(cursor: Cursor): Promise<{ version: number; tensorCount: number; keyCount: number }> {
  const { source } = cursor;
  const { name } = source;
  if (source.size < 4) throw new FormatError("truncated", `${name} has ${source.size} bytes: it is no GGUF file`);
  const magic = await cursor.longText(4, "the magic");
  if (magic !== "GGUF") throw await foreignFile(source, "GGUF");
  await cursor.need(20, "the header");
  const version = cursor.u32();
  if (version > 0xffff && (version & 0xffff) === 0) {
    throw new FormatError(
      "unsupported",
      `${name} is a big-endian GGUF file (version ${version >>> 24} at byte 4 in that order)`,
      "Only little-endian files are read: download the ordinary conversion of this model.",
    );
  }
  if (version !== 2 && version !== 3) {
    const hint =
      version === 1 ? "Version 1 was replaced in 2023: use a newer conversion." : "This reader knows versions 2 and 3.";
    throw new FormatError("unsupported", `${name} is GGUF version ${version} (byte 4)`, hint);
  }
  const tensorCount = cursor.length();
  const keyCount = cursor.length();
  // The least that a record takes: name, dimension count, one dimension, type, offset; and name, type, value.
  checkCount(cursor, "tensors", tensorCount, 33, ggufLimits.tensors, 8);
  checkCount(cursor, "keys", keyCount, 14, ggufLimits.keys, 16);
  return { version, tensorCount, keyCount };
}

function checkCount(cursor: Cursor, what: string, count: number, least: number, limit: number, at: number): void {
  const { name, size } = cursor.source;
  if (count * least > size) {
    throw new FormatError(
      "truncated",
      `${name} claims ${BigInt(count)} ${what} at byte ${at}, its ${size} bytes cannot hold them`,
      "The file is incomplete or damaged: download or copy it again.",
    );
  }
  if (count > limit) {
    throw new FormatError(
      "limit",
      `${name} claims ${BigInt(count)} ${what} at byte ${at}, at most ${limit} are accepted`,
    );
  }
}

function alignment(metadata: GgufMetadata, file: string): number {
  const value = metadata.number("general.alignment") ?? 32;
  if (Number.isInteger(value) && value >= 1 && value <= 2 ** 20 && (value & (value - 1)) === 0) return value;
  throw new FormatError("invalid", `${file}: general.alignment is ${value}, it must be a power of two up to 1048576`);
}

/**
 * Opens a model in GGUF. A split one (`name-00001-of-00003.gguf`) is opened whole from any of its parts, which `folder`
 * must give by name. The model owns `source` from here on: it is closed with the model, or at once when this throws.
 * @throws FormatError
 */
export async function openGguf(source: ByteSource, folder?: FileSet): Promise<GgufModel> {
  const opened: ByteSource[] = [source];
  const close = async () => {
    await Promise.all(opened.map((file) => file.close?.()));
  };
  try {
    const part = await readGguf(source);
    const count = part.metadata.number("split.count") ?? 1;
    const { first, tensors } =
      count > 1
        ? await openSplit(source, part, count, folder, opened)
        : { first: part, tensors: uniqueTensors(part.tensors) };
    const { metadata, version } = first;
    return {
      format: "gguf",
      name: source.name,
      version,
      metadata,
      tensors,
      tokenizer: { kind: "gguf", metadata },
      chatTemplate: metadata.string("tokenizer.chat_template"),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSplit(
  source: ByteSource,
  part: GgufPart,
  count: number,
  folder: FileSet | undefined,
  opened: ByteSource[],
): Promise<{ first: GgufPart; tensors: ReadonlyMap<string, TensorInfo> }> {
  if (!Number.isInteger(count) || count > ggufLimits.splits) {
    throw new FormatError(
      "limit",
      `${source.name}: split.count is ${count}, at most ${ggufLimits.splits} parts are accepted`,
    );
  }
  const pattern = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(source.name);
  if (pattern === null || Number(pattern[3]) !== count) {
    throw new FormatError(
      "missing",
      `${source.name} is one of ${count} parts of a model, its name does not say where the others are`,
      `Keep the parts' original names: name-00001-of-${String(count).padStart(5, "0")}.gguf and so on.`,
    );
  }
  const parts: GgufPart[] = [];
  for (let i = 0; i < count; i++) {
    const name = `${pattern[1]}-${String(i + 1).padStart(5, "0")}-of-${pattern[3]}.gguf`;
    const read = name === source.name ? part : await readSibling(name, source.name, folder, opened);
    const number = read.metadata.number("split.no");
    if (number !== i || read.metadata.number("split.count") !== count) {
      throw new FormatError(
        "invalid",
        `${name} says that it is part ${number ?? "?"} of ${read.metadata.number("split.count") ?? "?"} counted from 0, its name says ${i} of ${count}`,
      );
    }
    parts.push(read);
  }
  const [first] = parts;
  if (first === undefined) throw new FormatError("missing", `${source.name} has no parts`);
  const tensors = uniqueTensors(parts.flatMap((read) => read.tensors));
  const total = first.metadata.number("split.tensors.count");
  if (total !== undefined && total !== tensors.size) {
    throw new FormatError(
      "invalid",
      `${source.name}: its ${count} parts have ${tensors.size} tensors, split.tensors.count says ${total}`,
    );
  }
  return { first, tensors };
}

async function readSibling(
  name: string,
  from: string,
  folder: FileSet | undefined,
  opened: ByteSource[],
): Promise<GgufPart> {
  const sibling = await folder?.open(name);
  if (sibling === undefined) {
    throw new FormatError("missing", `${from} needs ${name} beside it`, "Put all parts of the model into one folder.");
  }
  opened.push(sibling);
  return readGguf(sibling);
}

function uniqueTensors(tensors: readonly TensorInfo[]): ReadonlyMap<string, TensorInfo> {
  const byName = new Map<string, TensorInfo>();
  for (const tensor of tensors) {
    const other = byName.get(tensor.name);
    if (other !== undefined) {
      throw new FormatError("invalid", `${tensor.name} is in ${other.source.name} and again in ${tensor.source.name}`);
    }
    byName.set(tensor.name, tensor);
  }
  return byName;
}
