import { parse } from "csv-parse/sync";
import { z } from "zod";
import { TuningError } from "./errors.ts";

/** What a model is shown, and what it should answer. */
export interface Example {
  readonly input: string;
  readonly output: string;
  /** Of a preference: the answer that is worse than `output`. */
  readonly rejected?: string;
}

/** Samples as they came, before anybody says which column is which. */
export interface SampleTable {
  readonly format: "csv" | "tsv" | "jsonl";
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Mapping {
  readonly input: string;
  readonly output: string;
  /** Of preferences: the column of the worse answers. */
  readonly rejected?: string | undefined;
}

/** Fewer teach nothing and measure nothing. */
export const fewestExamples = 10;

/**
 * Reads CSV, cells pasted from a spreadsheet (tabs), or JSON Lines with `input` and `output` or chat `messages`.
 * @throws TuningError `bad-samples` with the line where something is wrong
 */
export function readTable(text: string): SampleTable {
  if (text.trim() === "") throw new TuningError("bad-samples", "There is nothing in it.", "Give a file with examples.");
  if (/^\s*\{/.test(text)) return readJsonLines(text);
  const firstLine = text.trimStart().split("\n", 1)[0] ?? "";
  const delimiter = [..."\t,;"].reduce((best, one) => (count(firstLine, one) > count(firstLine, best) ? one : best));
  return readCells(text, delimiter);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function readCells(text: string, delimiter: string): SampleTable {
  let cells: string[][];
  try {
    cells = z.array(z.array(z.string())).parse(
      parse(text, {
        delimiter,
        // What is pasted from a spreadsheet has quotes as ordinary characters, unless a cell begins with one.
        relax_quotes: true,
        relax_column_count: true,
        skip_empty_lines: true,
      }),
    );
  } catch (cause) {
    const line = cause instanceof Error && "lines" in cause ? `, near line ${String(cause.lines)}` : "";
    throw new TuningError(
      "bad-samples",
      `The cells can't be told apart${line}.`,
      'A cell with line breaks or separators stands in double quotes, and a quote inside is written twice: "".',
    );
  }
  const width = Math.max(...cells.map((row) => row.length));
  if (width < 2) {
    throw new TuningError(
      "bad-samples",
      "There is only one column.",
      "Two are needed: what the model is shown, and what it should answer.",
    );
  }
  const [first = []] = cells;
  const headed = isHeading(first, cells.slice(1));
  const columns = Array.from({ length: width }, (_, i) => (headed && first[i]?.trim()) || `column ${i + 1}`);
  const unique = columns.map((name, i) => (columns.indexOf(name) === i ? name : `${name} (${i + 1})`));
  const body = headed ? cells.slice(1) : cells;
  return {
    format: delimiter === "\t" ? "tsv" : "csv",
    columns: unique,
    rows: body.map((row) => unique.map((_, i) => row[i] ?? "")),
  };
}

const inputNames = /^(input|text|message|question|prompt|body|mail|email|document|sentence|description|content)s?$/i;
const rejectedNames = /^(rejected|worse|non[ _-]preferred([ _-]output)?|rejected[ _-](answer|response))$/i;
const outputNames =
  /^(chosen|better|preferred([ _-]output)?|output|label|answer|category|class|queue|target|completion|intent|topic|tag|sentiment|response)s?$/i;

/** A first row is a heading when it names the columns as people do, or is short and stands nowhere else in its column. */
function isHeading(first: readonly string[], rest: readonly (readonly string[])[]): boolean {
  if (first.some((cell) => inputNames.test(cell.trim()) || outputNames.test(cell.trim()))) return true;
  return first.every(
    (cell, i) =>
      cell.trim() !== "" &&
      /^[\p{L}_][\p{L}\p{N}_ -]{0,29}$/u.test(cell.trim()) &&
      cell.trim().split(/\s+/).length <= 3 &&
      rest.every((row) => row[i] !== cell),
  );
}

const turns = z.array(z.object({ role: z.string(), content: z.string() })).min(1);

const line = z.union([
  z.object({ input: z.string(), chosen: z.string(), rejected: z.string() }),
  z.object({ prompt: z.string(), chosen: z.string(), rejected: z.string() }),
  z.object({ input: z.object({ messages: turns }), preferred_output: turns, non_preferred_output: turns }),
  z.object({ input: z.string(), output: z.coerce.string() }),
  z.object({ prompt: z.string(), completion: z.string() }),
  z.object({ text: z.string(), label: z.coerce.string() }),
  z.object({
    messages: z
      .array(z.object({ role: z.string(), content: z.string() }))
      .min(2)
      .refine((messages) => messages.at(-1)?.role === "assistant"),
  }),
]);

function readJsonLines(text: string): SampleTable {
  const rows: string[][] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    if (raw.trim() === "") continue;
    const row = readLine(raw, index + 1);
    if (rows[0] !== undefined && rows[0].length !== row.length) {
      throw new TuningError(
        "bad-samples",
        `Line ${index + 1} is ${row.length === 3 ? "a preference, and those before are not" : "no preference, and those before are"}.`,
        "Give preferences and plain examples as two files.",
      );
    }
    rows.push(row);
  }
  const columns = rows[0]?.length === 3 ? ["input", "chosen", "rejected"] : ["input", "output"];
  return { format: "jsonl", columns, rows };
}

function readLine(raw: string, number: number): string[] {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    throw new TuningError("bad-samples", `Line ${number} is not JSON.`, "Every line holds one JSON object of its own.");
  }
  const parsed = line.safeParse(json);
  if (!parsed.success) {
    throw new TuningError(
      "bad-samples",
      `Line ${number} has neither input and output nor messages that end with the assistant's.`,
      'For example {"input": "Where is my order?", "output": "shipping"}.',
    );
  }
  const { data } = parsed;
  if ("preferred_output" in data) {
    const asked = data.input.messages.map(({ content }) => content).join("\n");
    return [asked, data.preferred_output.at(-1)?.content ?? "", data.non_preferred_output.at(-1)?.content ?? ""];
  }
  if ("chosen" in data) return ["input" in data ? data.input : data.prompt, data.chosen, data.rejected];
  if ("messages" in data) {
    const asked = data.messages.slice(0, -1).map(({ content }) => content);
    return [asked.join("\n"), data.messages.at(-1)?.content ?? ""];
  }
  if ("prompt" in data) return [data.prompt, data.completion];
  if ("text" in data) return [data.text, data.label];
  return [data.input, data.output];
}

/**
 * Which column is shown and which is the answer: by their names, else the longest texts are shown, and the answer is the
 * column with the fewest different values.
 */
export function guessMapping({ columns, rows }: Pick<SampleTable, "columns" | "rows">): Mapping {
  const facts = columns.map((name, i) => {
    const cells = rows.map((row) => row[i]?.trim() ?? "");
    const length = cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, cells.length);
    return { name, length, distinct: new Set(cells).size };
  });
  const named = facts.find(({ name }) => outputNames.test(name));
  const input =
    facts.find(({ name }) => inputNames.test(name)) ??
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

/** @throws TuningError `bad-samples` for a column that is not there */
export function examplesOf({ columns, rows }: SampleTable, mapping: Mapping): Example[] {
  const [input, output] = [columns.indexOf(mapping.input), columns.indexOf(mapping.output)];
  if (input < 0 || output < 0) {
    const missing = input < 0 ? mapping.input : mapping.output;
    throw new TuningError("bad-samples", `There is no column "${missing}".`, `There are: ${columns.join(", ")}.`);
  }
  if (input === output) {
    throw new TuningError("bad-samples", `"${mapping.input}" can't be both.`, "Choose two different columns.");
  }
  const rejected = mapping.rejected === undefined ? -1 : columns.indexOf(mapping.rejected);
  return rows.map((row) => ({
    input: storable(row[input]),
    output: storable(row[output]),
    ...(rejected >= 0 && { rejected: storable(row[rejected]) }),
  }));
}

/** Without what the database's JSON refuses: characters of value zero, and halves of pairs. */
function storable(text = ""): string {
  return text.replaceAll("\0", "").replaceAll(/\p{Surrogate}/gu, "\uFFFD");
}
