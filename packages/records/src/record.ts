import type { Json } from "./json.ts";

/** One row of a file, before anybody says which column is which. */
export interface FileRecord {
  /** As a person counts: the row of the sheet, the line of the file. */
  readonly row: number;
  readonly fields: Readonly<Record<string, Json>>;
}

export const fileFormats = ["csv", "tsv", "jsonl", "json", "xlsx"] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A file that was understood: its columns, and its rows as they come. */
export interface RecordSource {
  readonly format: FileFormat;
  /** In the order of the file; those of JSON are what its first objects have. */
  readonly columns: readonly string[];
  records(): AsyncIterable<FileRecord>;
}

/** Names of columns that are all there and all different. */
export function columnNames(heading: readonly string[], width: number): string[] {
  const names: string[] = [];
  for (let i = 0; i < width; i++) {
    const name = heading[i]?.trim() || `column ${i + 1}`;
    names.push(names.includes(name) ? `${name} (${i + 1})` : name);
  }
  return names;
}

export const inputNames =
  /^(input|text|message|question|prompt|body|mail|email|document|sentence|description|content|instruction)s?$/i;
export const outputNames =
  /^(output|expected|label|answer|category|class|queue|target|completion|intent|topic|sentiment|response)s?$/i;

/** As files of ours name the fields of an input. */
export const fieldColumn = /^(input|expected|output)\./;
const telling = [inputNames, outputNames, fieldColumn];

/** A first row is a heading when it names the columns as people do, or is short and stands nowhere else in its column. */
export function isHeading(first: readonly string[], rest: readonly (readonly string[])[]): boolean {
  if (first.some((cell) => telling.some((names) => names.test(cell.trim())))) return true;
  return first.every(
    (cell, i) =>
      cell.trim() !== "" &&
      /^[\p{L}_][\p{L}\p{N}_ -]{0,29}$/u.test(cell.trim()) &&
      cell.trim().split(/\s+/).length <= 3 &&
      rest.every((row) => row[i] !== cell),
  );
}
