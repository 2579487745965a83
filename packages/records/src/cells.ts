import { CsvProblem, CsvReader, type CsvRow } from "./csv.ts";
import { DatasetError } from "./errors.ts";
import { columnNames, type FileRecord, isHeading, type RecordSource } from "./record.ts";

/** Rows that are looked at before the heading is decided. */
const sampled = 200;
/** A quote that is never closed would take the rest of the file for one cell. */
const longestRow = 4_000_000;

/** The separator that is most frequent in the first line, outside of quotes. */
export function delimiterOf(head: string): "," | ";" | "\t" {
  const line =
    head
      .trimStart()
      .split("\n", 1)[0]
      ?.replaceAll(/"(?:[^"]|"")*"/g, "") ?? "";
  const count = (character: string) => line.split(character).length - 1;
  return (["\t", ",", ";"] as const).reduce((best, one) => (count(one) > count(best) ? one : best));
}

/**
 * Rows of CSV or of cells that were pasted from a spreadsheet.
 * @param text opens the file's text, from its beginning each time
 * @throws DatasetError `bad-file`, also while the rows are read
 */
export async function readCells(text: () => AsyncIterable<string>, head: string): Promise<RecordSource> {
  const delimiter = delimiterOf(head);
  const rows = () => rowsOf(text(), delimiter);
  const first: string[][] = [];
  for await (const { row } of rows()) {
    first.push(row);
    if (first.length > sampled) break;
  }
  if (first.length === 0) throw new DatasetError("bad-file", "There is nothing in it.", "Give a file with examples.");
  const headed = isHeading(first[0] ?? [], first.slice(1));
  const width = headed ? (first[0]?.length ?? 0) : Math.max(...first.map((row) => row.length));
  const columns = columnNames(headed ? (first[0] ?? []) : [], width);

  async function* records(): AsyncGenerator<FileRecord> {
    let number = 0;
    for await (const { row, line } of rows()) {
      number++;
      if (headed && number === 1) continue;
      if (row.length > width && row.slice(width).some((cell) => cell !== "")) throw tooWide(number, line, row, columns);
      const fields: Record<string, string> = {};
      for (const [i, name] of columns.entries()) fields[name] = unguarded(row[i] ?? "");
      yield { row: number, fields };
    }
  }
  return { format: delimiter === "\t" ? "tsv" : "csv", columns, records };
}

/** Without the apostrophe that keeps a spreadsheet from running a cell as a formula. */
function unguarded(cell: string): string {
  return /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell;
}

async function* rowsOf(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<CsvRow> {
  const reader = new CsvReader(delimiter, longestRow);
  try {
    for await (const piece of text) yield* reader.push(piece);
    yield* reader.finish();
  } catch (error) {
    throw error instanceof CsvProblem ? neverEnds(error) : error;
  }
}

function neverEnds({ line }: CsvProblem): DatasetError {
  const message = `A cell that begins near line ${line} never ends: its quote is not closed.`;
  const hint =
    'A cell with line breaks or separators stands in double quotes, and a quote inside is written twice: "".';
  return new DatasetError("bad-file", message, hint);
}

function tooWide(row: number, line: number, cells: readonly string[], columns: readonly string[]): DatasetError {
  return new DatasetError(
    "bad-file",
    `Row ${row} (near line ${line}) has ${cells.length} cells, the heading names ${columns.length}.`,
    "A cell that holds the separator stands in double quotes.",
  );
}
