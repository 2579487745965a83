import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { readCells } from "./cells.ts";
import { encodingOf, findEncoding, noText, type OpenBytes, textOf } from "./encoding.ts";
import { DatasetError } from "./errors.ts";
import { readJsonArray, readJsonLines } from "./json-records.ts";
import type { RecordSource } from "./record.ts";
import { readSheet } from "./xlsx/sheet.ts";

const headBytes = 65_536;

/**
 * Finds out what a file is and opens its rows: CSV, TSV, JSON Lines, a JSON array or XLSX, in UTF-8, UTF-16 or
 * Windows-1252. Its name says nothing that its content does not say better.
 * @throws DatasetError `bad-file`, `too-large`; while the rows are read too
 */
export async function openRecords(path: string): Promise<RecordSource> {
  const head = await readHead(path);
  if (head[0] === 0x50 && head[1] === 0x4b) return readSheet(path);
  if (head[0] === 0xd0 && head[1] === 0xcf && head[2] === 0x11) {
    throw new DatasetError(
      "bad-file",
      "This is a spreadsheet in the format of before 2007.",
      "Save it as XLSX or CSV.",
    );
  }
  if (head[0] === 0x1f && head[1] === 0x8b) {
    throw new DatasetError("bad-file", "This file is compressed.", "Unpack it first.");
  }
  if (head.toString("latin1", 0, 4) === "PAR1") {
    throw new DatasetError(
      "bad-file",
      "Parquet can't be read.",
      "Write it as JSON Lines: in Python, dataset.to_json(path).",
    );
  }
  const open: OpenBytes = () => createReadStream(path, { highWaterMark: 1 << 18 });
  return textRecords(open, new TextDecoder(encodingOf(head) ?? "utf-8").decode(head));
}

/** The same of bytes that are at hand, such as what was pasted. */
export function recordsOf(bytes: Uint8Array): Promise<RecordSource> {
  const head = bytes.subarray(0, headBytes);
  if (head[0] === 0x50 && head[1] === 0x4b) {
    return Promise.reject(
      new DatasetError("bad-file", "This is a spreadsheet or an archive, not text.", "Copy its cells and paste them."),
    );
  }
  async function* once() {
    yield bytes;
  }
  return textRecords(once, new TextDecoder(encodingOf(head) ?? "utf-8").decode(head));
}

async function textRecords(open: OpenBytes, decodedHead: string): Promise<RecordSource> {
  const head = decodedHead.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  if (head.includes("\0")) throw noText();
  if (head.trim() === "") throw new DatasetError("bad-file", "There is nothing in it.", "Give a file with examples.");
  const encoding = await findEncoding(open);
  const text = () => textOf(open, encoding);
  if (/^\s*\{/.test(head)) return readJsonLines(text);
  if (/^\s*\[\s*[{\]]/.test(head)) return readJsonArray(text);
  return readCells(text, head);
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(buffer, 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
