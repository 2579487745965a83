import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "@tugboat/db";
import type { FileRecord } from "@tugboat/records";
import { DatasetError, textOf } from "@tugboat/records";
import { z } from "zod";
import { guessMapping, mapper } from "../datasets/mapping.ts";
import { openRecords } from "../datasets/open-file.ts";
import { TaskError } from "./errors.ts";
import { mostExamples, type Rows } from "./examples.ts";

/** A file's rows, and which of its columns seem to be what comes in and what is right. */
export interface ReadRows extends Rows {
  readonly asked: readonly string[];
  readonly answered: readonly string[];
  /** What a column's field must be called, where that is settled already. */
  readonly fieldNames?: ReadonlyMap<string, string>;
}

/**
 * Rows of a person's file, by the reader of datasets: CSV, TSV, JSON Lines, JSON, XLSX.
 * @throws TaskError `bad-examples`
 */
export async function readRows(path: string): Promise<ReadRows> {
  try {
    const source = await openRecords(path);
    const records: FileRecord[] = [];
    for await (const record of source.records()) {
      records.push(record);
      // One more than may be kept, so that the refusal can say so.
      if (records.length > mostExamples) break;
    }
    return tableOf(source.columns, records);
  } catch (error) {
    if (error instanceof DatasetError) throw new TaskError("bad-examples", error.message, error.hint);
    throw error;
  }
}

/** The same of bytes at hand. A spreadsheet is read from a file alone, so that they are made one. */
export async function readRowsOf(bytes: Uint8Array): Promise<ReadRows> {
  const folder = await mkdtemp(join(tmpdir(), "tug-rows-"));
  try {
    const path = join(folder, "rows");
    await writeFile(path, bytes, { mode: 0o600 });
    return await readRows(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tableOf(columns: readonly string[], records: readonly FileRecord[]): ReadRows {
  const mapping = guessMapping(columns, records.slice(0, 200));
  if (mapping.shape === "columns") {
    const named = (role: string) => columns.filter((name) => mapping.columns[name] === role);
    const rows = records.map(({ fields }) => columns.map((name) => textOf(fields[name] ?? null)));
    return { columns, rows, asked: named("input"), answered: named("expected") };
  }
  // Conversations and other tools' shapes: a text, and its answer.
  const made = mapper(mapping, "");
  const rows = records.flatMap((record) => {
    const mapped = made(record);
    return mapped.ok ? [[textOf(mapped.example.input), textOf(mapped.example.expected)]] : [];
  });
  return { columns: ["input", "output"], rows, asked: ["input"], answered: ["output"] };
}

/** A dataset's examples as rows: the fields of what comes in, then those of what is right. */
export function rowsOfExamples(examples: readonly { readonly input: Json; readonly expected: Json }[]): ReadRows {
  const asked = columnsOf(
    examples.map(({ input }) => input),
    "input",
  );
  const given = columnsOf(
    examples.map(({ expected }) => expected),
    "output",
  );
  // A name on both sides would be one column.
  const answered = given.map((name) => (asked.includes(name) ? `${name} (right)` : name));
  const rows = examples.map(({ expected, input }) => [
    ...asked.map((name) => textOf(cellOf(input, name))),
    ...given.map((name) => textOf(cellOf(expected, name))),
  ]);
  const settled = [
    ...asked.map((name) => [name, name]),
    ...answered.map((name, i) => [name, given[i] ?? name]),
  ] as const;
  const fieldNames = new Map(settled.flatMap(([column = "", field = ""]) => (isField(field) ? [[column, field]] : [])));
  return { columns: [...asked, ...answered], rows, asked, answered, fieldNames };
}

function isField(name: string): boolean {
  return /^[A-Za-z_]\w{0,63}$/.test(name);
}

const record = z.record(z.string(), z.json());

function columnsOf(values: readonly Json[], plain: string): string[] {
  const names = new Set<string>();
  for (const value of values) {
    for (const name of Object.keys(record.safeParse(value).data ?? {})) names.add(name);
  }
  return names.size === 0 || values.some((value) => typeof value === "string") ? [plain] : [...names];
}

function cellOf(value: Json, name: string): Json {
  const fields = record.safeParse(value).data;
  return fields === undefined ? value : (fields[name] ?? null);
}
