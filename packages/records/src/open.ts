import { readCells } from "./cells.ts";
import { encodingOf, findEncoding, noText, type OpenBytes, textOf } from "./encoding.ts";
import { DatasetError } from "./errors.ts";
import { readJsonArray, readJsonLines } from "./json-records.ts";
import type { RecordSource } from "./record.ts";

/** So much of a file's beginning tells what it is. */
export const headBytes = 65_536;

/** Whether a file that begins like this is a workbook (or another archive). */
export function isSheet(head: Uint8Array): boolean {
  return begins(head, 0x50, 0x4b);
}

/**
 * Finds out what a text is and opens its rows: CSV, TSV, JSON Lines or a JSON array, in UTF-8, UTF-16 or Windows-1252.
 * @param head the first `headBytes`, or all there are
 * @throws DatasetError `bad-file`, `too-large`; while the rows are read too
 */
export async function openText(open: OpenBytes, head: Uint8Array): Promise<RecordSource> {
  refuseOthers(head);
  const decoded = new TextDecoder(encodingOf(head) ?? "utf-8").decode(head);
  const begin = decoded.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  if (begin.includes("\0")) throw noText();
  if (begin.trim() === "") throw new DatasetError("bad-file", "There is nothing in it.", "Give a file with examples.");
  const encoding = await findEncoding(open);
  const text = () => textOf(open, encoding);
  if (/^\s*\{/.test(begin)) return readJsonLines(text);
  if (/^\s*\[\s*[{\]]/.test(begin)) return readJsonArray(text);
  return readCells(text, begin);
}

function refuseOthers(head: Uint8Array): void {
  if (begins(head, 0xd0, 0xcf, 0x11)) {
    const message = "This is a spreadsheet in the format of before 2007.";
    throw new DatasetError("bad-file", message, "Save it as XLSX or CSV.");
  }
  if (begins(head, 0x1f, 0x8b)) throw new DatasetError("bad-file", "This file is compressed.", "Unpack it first.");
  if (begins(head, 0x50, 0x41, 0x52, 0x31)) {
    const hint = "Write it as JSON Lines: in Python, dataset.to_json(path).";
    throw new DatasetError("bad-file", "Parquet can't be read.", hint);
  }
}

function begins(head: Uint8Array, ...bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => head[i] === byte);
}
