import {
  type FileFormat,
  type FileRecord,
  inputNames,
  type Json,
  outputNames,
  type RecordSource,
  shapeOf,
  storableText,
  toExample,
} from "@tugboat/records";
import { TuningError } from "./errors.ts";

/** What a model is shown, and what it should answer. */
export interface Example {
  readonly input: string;
  readonly output: string;
  /** Of a preference: the answer that is worse than `output`. */
  readonly rejected?: string;
}

/** Samples as they come, before anybody says which column is which. */
export interface Samples {
  readonly format: FileFormat | "dataset" | "traces";
  readonly columns: readonly string[];
  /** The first rows, from which columns are guessed. */
  readonly head: readonly (readonly string[])[];
  /** All rows, a cell for each column. @throws TuningError, DatasetError with the row where something is wrong */
  rows(): AsyncIterable<readonly string[]>;
}

export interface Mapping {
  readonly input: string;
  readonly output: string;
  /** Of preferences: the column of the worse answers. */
  readonly rejected?: string | undefined;
}

/** Fewer teach nothing and measure nothing. */
export const fewestExamples = 10;

/** Rows that are looked at before the columns are decided. */
const looked = 200;

/**
 * The rows of a file as texts. Files of JSON whose objects say what is shown and what is right, whatever they call it, have
 * the columns `input` and `output`, and `rejected` where they prefer.
 * @throws TuningError `bad-samples`; DatasetError
 */
export async function openSamples(source: RecordSource): Promise<Samples> {
  const { columns, format } = source;
  const first: FileRecord[] = [];
  for await (const record of source.records()) {
    if (first.push(record) === looked) break;
  }
  const [sample] = first;
  if (sample === undefined) throw nothingIn();
  const isJson = format === "json" || format === "jsonl";
  const line = format === "jsonl" ? "Line" : "Row";
  if (!isJson && shapeOf(first) !== "alpaca") {
    const cells = ({ fields }: FileRecord) => columns.map((name) => shownText(fields[name] ?? null));
    return { format, columns: wideEnough(columns), head: first.map(cells), rows: () => mapped(source, cells) };
  }
  const known = pairOf(sample);
  if (known === undefined && first.every((record) => pairOf(record) === undefined)) {
    const cells = ({ fields }: FileRecord) => columns.map((name) => shownText(fields[name] ?? null));
    return { format, columns: wideEnough(columns), head: first.map(cells), rows: () => mapped(source, cells) };
  }
  const width = known?.length ?? 2;
  const read = (record: FileRecord) => {
    const pair = pairOf(record);
    if (pair === undefined) {
      throw new TuningError(
        "bad-samples",
        `${line} ${record.row} has neither input and output nor messages that end with the assistant's.`,
        'For example {"input": "Where is my order?", "output": "shipping"}.',
      );
    }
    if (pair.length === width) return pair;
    throw new TuningError(
      "bad-samples",
      `${line} ${record.row} is ${pair.length === 3 ? "a preference, and those before are not" : "no preference, and those before are"}.`,
      "Give preferences and plain examples as two files.",
    );
  };
  return {
    format,
    columns: width === 3 ? ["input", "chosen", "rejected"] : ["input", "output"],
    head: first.map(read),
    rows: () => mapped(source, read),
  };
}

async function* mapped(source: RecordSource, cells: (record: FileRecord) => readonly string[]) {
  for await (const record of source.records()) yield cells(record);
}

function nothingIn(): TuningError {
  return new TuningError("bad-samples", "There is nothing in it.", "Give a file with examples.");
}

function wideEnough(columns: readonly string[]): readonly string[] {
  if (columns.length >= 2) return columns;
  throw new TuningError(
    "bad-samples",
    "There is only one column.",
    "Two are needed: what the model is shown, and what it should answer.",
  );
}

const plainPairs = [
  ["input", "output"],
  ["prompt", "completion"],
  ["text", "label"],
] as const;

/** What an object of a known form shows, what is right, and of a preference what is worse. */
function pairOf(record: FileRecord): string[] | undefined {
  const { fields } = record;
  const shape = shapeOf([record]);
  if (shape !== undefined) {
    const made = toExample(shape, fields);
    return made.ok ? cellsOf(made.example.input, made.example.expected ?? null) : undefined;
  }
  const named = plainPairs.find((names) => names.every((name) => Object.hasOwn(fields, name)));
  return named?.map((name) => shownText(fields[name] ?? null));
}

/** An example of a dataset as a row: what is shown, what is right, and of a preference what is worse. */
export function cellsOf(input: Json, expected: Json): string[] {
  if (isObject(expected) && typeof expected.chosen === "string" && typeof expected.rejected === "string") {
    return [shownText(input), expected.chosen, expected.rejected];
  }
  return [shownText(input), shownText(expected)];
}

/** What is shown as one text: a chat's messages one after another, of several fields each with its name. */
function shownText(value: Json): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (!isObject(value)) return JSON.stringify(value);
  if (Array.isArray(value.messages)) return value.messages.map((one) => contentOf(one)).join("\n");
  if (typeof value.role === "string" && !Object.hasOwn(value, "tool_calls")) return contentOf(value);
  const fields = Object.entries(value);
  const [only] = fields;
  if (only !== undefined && fields.length === 1) return shownText(only[1]);
  if (fields.some(([, one]) => typeof one === "object" && one !== null)) return JSON.stringify(value);
  return fields.map(([name, one]) => `${name}: ${shownText(one)}`).join("\n");
}

function contentOf(message: Json): string {
  if (!isObject(message)) return "";
  const { content = "" } = message;
  if (!Array.isArray(content)) return shownText(content);
  return content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("");
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const rejectedNames = /^(rejected|worse|non[ _-]preferred([ _-]output)?|rejected[ _-](answer|response))$/i;
const chosenNames = /^(chosen|better|preferred([ _-]output)?|tag)s?$/i;

/**
 * Which column is shown and which is the answer: by their names, else the longest texts are shown, and the answer is the
 * column with the fewest different values.
 */
export function guessMapping({ columns, head }: Pick<Samples, "columns" | "head">): Mapping {
  const facts = columns.map((name, i) => {
    const cells = head.map((row) => row[i]?.trim() ?? "");
    const length = cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, cells.length);
    return { name, length, distinct: new Set(cells).size };
  });
  const named = facts.find(({ name }) => outputNames.test(name) || chosenNames.test(name));
  const input =
    facts.find((one) => one !== named && inputNames.test(one.name)) ??
    facts.filter((one) => one !== named).reduce((best, one) => (one.length > best.length ? one : best));
  const others = facts.filter((one) => one !== input);
  const output = named && named !== input ? named : others.reduce((best, one) => (better(one, best) ? one : best));
  const rejected = others.find(({ name }) => name !== output.name && rejectedNames.test(name));
  return { input: input.name, output: output.name, ...(rejected && { rejected: rejected.name }) };
}

/** A column that says one thing everywhere answers nothing. */
function better(one: { distinct: number }, best: { distinct: number }): boolean {
  return (best.distinct < 2 && one.distinct > 1) || (one.distinct > 1 && one.distinct < best.distinct);
}

/** Makes examples of rows. @throws TuningError `bad-samples` for a column that is not there */
export function mapperOf(columns: readonly string[], mapping: Mapping): (row: readonly string[]) => Example {
  const [input, output] = [columns.indexOf(mapping.input), columns.indexOf(mapping.output)];
  if (input < 0 || output < 0) {
    const missing = input < 0 ? mapping.input : mapping.output;
    throw new TuningError("bad-samples", `There is no column "${missing}".`, `There are: ${columns.join(", ")}.`);
  }
  if (input === output) {
    throw new TuningError("bad-samples", `"${mapping.input}" can't be both.`, "Choose two different columns.");
  }
  const rejected = mapping.rejected === undefined ? -1 : columns.indexOf(mapping.rejected);
  return (row) => ({
    input: storableText(row[input] ?? ""),
    output: storableText(row[output] ?? ""),
    ...(rejected >= 0 && { rejected: storableText(row[rejected] ?? "") }),
  });
}
