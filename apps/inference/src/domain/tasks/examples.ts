import { createHash } from "node:crypto";
import { z } from "zod";
import type { TaskDocument } from "./document.ts";
import { TaskError } from "./errors.ts";
import { type Fields, objectParserOf, onlyField } from "./fields.ts";

/** An example of a task: what comes in, and what is right. */
export interface TaskExample {
  /** Of its content: the same example has the same one wherever it stands. */
  readonly digest: string;
  readonly input: Values;
  readonly expected: Values;
}

export type Values = { readonly [field: string]: unknown };
export const values = z.record(z.string(), z.unknown());

/** Fewer measure nothing. */
export const fewestExamples = 10;
export const mostExamples = 5000;

/** A file's rows, before anybody says which column is what. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Examples of rows whose columns are named as the task's fields are.
 * @throws TaskError `bad-examples` naming row and field
 */
export function examplesOfRows({ columns, rows }: Rows, document: TaskDocument): TaskExample[] {
  const wanted = [...Object.keys(document.input), ...Object.keys(document.output)];
  const named = namesFor(columns, document);
  const missing = wanted.filter((name) => !named.has(name));
  if (missing.length > 0) {
    throw new TaskError(
      "bad-examples",
      `The examples have no column ${missing.join(" and no column ")}.`,
      `Their columns are ${columns.join(", ")}; the task has ${wanted.join(", ")}. Name them alike.`,
    );
  }
  const pick = (row: readonly string[], all: Fields): Values =>
    Object.fromEntries(
      Object.entries(all).map(([name, type]) => {
        const cell = row[named.get(name) ?? -1] ?? "";
        return [name, typeof type === "object" && !("enum" in type) ? parsedCell(cell) : cell];
      }),
    );
  return rows.map((row, i) => exampleOf(pick(row, document.input), pick(row, document.output), document, i + 1));
}

/** A file of two columns fits a task of one field each, whatever they are called. */
function namesFor(columns: readonly string[], { input, output }: TaskDocument): ReadonlyMap<string, number> {
  const named = new Map(columns.map((name, i) => [name, i]));
  const [asked, answered] = [onlyField(input), onlyField(output)];
  const isPlain = columns[0] === "input" && columns[1] === "output" && columns.length === 2;
  if (asked && answered && isPlain)
    return new Map([
      [asked.name, 0],
      [answered.name, 1],
    ]);
  return named;
}

function parsedCell(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/**
 * Examples of a dataset: each with an input and an expected output, as values or, for a task of one field, as text.
 * @throws TaskError `bad-examples`
 */
export function examplesOfRecords(
  records: readonly { readonly input: unknown; readonly expected: unknown }[],
  document: TaskDocument,
): TaskExample[] {
  return records.map(({ expected, input }, i) =>
    exampleOf(valuesOf(input, document.input), valuesOf(expected, document.output), document, i + 1),
  );
}

function valuesOf(value: unknown, all: Fields): Values {
  const record = values.safeParse(value);
  const only = onlyField(all);
  if (record.success && (only === undefined || only.name in record.data)) return record.data;
  const inner = record.success ? Object.values(record.data) : [];
  if (only !== undefined) return { [only.name]: inner.length === 1 ? inner[0] : value };
  return record.success ? record.data : {};
}

function exampleOf(input: Values, expected: Values, document: TaskDocument, row: number): TaskExample {
  const asked = objectParserOf(document.input).safeParse(only(input, document.input));
  const answer = objectParserOf(document.output).safeParse(only(trimmed(expected), document.output));
  const problem = asked.error?.issues[0] ?? answer.error?.issues[0];
  if (!asked.success || !answer.success) {
    throw new TaskError(
      "bad-examples",
      `Example ${row}: ${problem?.path.join(".") ?? "a field"}: ${problem?.message ?? "it does not fit."}`,
      "Correct that example, or the field's type in the task.",
    );
  }
  return { digest: digestOf(asked.data, answer.data), input: asked.data, expected: answer.data };
}

function only(all: Values, wanted: Fields): Values {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in wanted));
}

function trimmed(all: Values): Values {
  return Object.fromEntries(
    Object.entries(all).map(([name, one]) => [name, typeof one === "string" ? one.trim() : one]),
  );
}

export function digestOf(input: Values, expected: Values): string {
  return createHash("sha256")
    .update(canonical([input, expected]))
    .digest("hex")
    .slice(0, 32);
}

/** JSON with sorted keys: the same content is the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** What is shown of an input: the text itself where there is one field, else its fields line by line. */
export function inputText(input: Values): string {
  const entries = Object.entries(input);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return plain(first[1]);
  return entries.map(([name, value]) => `${name}: ${plain(value)}`).join("\n");
}

/** The one value of an output of one field, else JSON. */
export function outputText(output: Values): string {
  const all = Object.values(output);
  return all.length === 1 ? plain(all[0]) : JSON.stringify(output);
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
