import { z } from "zod";
import { DatasetError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { FileRecord, RecordSource } from "./record.ts";

const object = z.record(z.string(), z.json());
const sampled = 200;
const longestLine = 16_000_000;
/** A file that is one JSON array is held whole. */
const longestArray = 256 * 1024 * 1024;

/** Objects, one on each line. @throws DatasetError `bad-file` with the line, also while the rows are read */
export async function readJsonLines(text: () => AsyncIterable<string>): Promise<RecordSource> {
  async function* records(): AsyncGenerator<FileRecord> {
    let row = 0;
    for await (const line of linesOf(text())) {
      row++;
      if (line.trim() !== "") yield { row, fields: objectOf(line, row) };
    }
  }
  return { format: "jsonl", columns: await columnsOf(records()), records };
}

/** A file that holds one array of objects, as Hugging Face's JSON files do. @throws DatasetError `bad-file` */
export async function readJsonArray(text: () => AsyncIterable<string>): Promise<RecordSource> {
  let whole = "";
  for await (const piece of text()) {
    whole += piece;
    if (whole.length > longestArray) {
      const message = "One JSON array of more than 256 MB can't be read.";
      throw new DatasetError("too-large", message, "Write it as JSON Lines: one object on each line.");
    }
  }
  let json: unknown;
  try {
    json = JSON.parse(whole);
  } catch (error) {
    const why = error instanceof Error ? ` (${error.message})` : "";
    throw new DatasetError("bad-file", `This is not valid JSON${why}.`, "Check where the file ends and what wrote it.");
  }
  const parsed = z.array(object).safeParse(json);
  if (!parsed.success) {
    const at = Number(parsed.error.issues[0]?.path[0] ?? 0) + 1;
    throw new DatasetError("bad-file", `Element ${at} of the array is not an object.`, 'For example [{"input": "…"}].');
  }
  async function* records(): AsyncGenerator<FileRecord> {
    for (const [index, fields] of (parsed.data ?? []).entries()) yield { row: index + 1, fields: clean(fields) };
  }
  return { format: "json", columns: await columnsOf(records()), records };
}

async function columnsOf(records: AsyncIterable<FileRecord>): Promise<string[]> {
  const columns = new Set<string>();
  let count = 0;
  for await (const { fields } of records) {
    for (const name of Object.keys(fields)) columns.add(name);
    if (++count >= sampled) break;
  }
  if (count === 0) throw new DatasetError("bad-file", "There is nothing in it.", "Give a file with examples.");
  return [...columns].slice(0, 500);
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  let number = 0;
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    number += lines.length;
    yield* lines;
    if (rest.length > longestLine) {
      const message = `Line ${number + 1} is longer than 16 million characters.`;
      throw new DatasetError("bad-file", message, "Every line holds one JSON object of its own.");
    }
  }
  if (rest !== "") yield rest;
}

function objectOf(line: string, row: number): Record<string, Json> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new DatasetError("bad-file", `Line ${row} is not JSON.`, "Every line holds one JSON object of its own.");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DatasetError(
      "bad-file",
      `Line ${row} is not an object.`,
      'For example {"input": "Where is my order?", "output": "shipping"}.',
    );
  }
  // What JSON.parse gave is JSON; checking a million rows again would cost more than reading them.
  return clean(json as Record<string, Json>);
}

/** A key of this name would be taken for an object's parent when it is assigned. */
function clean(fields: Record<string, Json>): Record<string, Json> {
  if (!Object.hasOwn(fields, "__proto__")) return fields;
  const { __proto__: _, ...rest } = fields;
  return rest;
}
