import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { headBytes, isSheet, openText, type RecordSource } from "@tugboat/records";
import { readSheet } from "./xlsx/sheet.ts";

/**
 * Finds out what a file is and opens its rows: CSV, TSV, JSON Lines, a JSON array or XLSX, in UTF-8, UTF-16 or
 * Windows-1252. Its name says nothing that its content does not say better.
 * @throws DatasetError `bad-file`, `too-large`; while the rows are read too
 */
export async function openRecords(path: string): Promise<RecordSource> {
  const head = await readHead(path);
  if (isSheet(head)) return readSheet(path);
  return openText(() => createReadStream(path, { highWaterMark: 1 << 18 }), head);
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(headBytes);
    const { bytesRead } = await file.read(buffer, 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
