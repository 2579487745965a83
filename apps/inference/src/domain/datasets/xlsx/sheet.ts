import { columnNames, DatasetError, type FileRecord, isHeading, type RecordSource } from "@tugboat/records";
import { entryText, readZip, type ZipEntry } from "./zip.ts";

const sampled = 200;
/** A cell of a spreadsheet holds 32,767 characters, and a row 16,384 cells; what is longer is no row. */
const longestElement = 64 * 1024 * 1024;

/**
 * The rows of the first sheet of a workbook (ECMA-376), as people see them: the results of formulas, dates as dates.
 * @throws DatasetError `bad-file`, also while the rows are read
 */
export async function readSheet(path: string): Promise<RecordSource> {
  const zip = await readZip(path);
  const sheet = await firstSheet(path, zip);
  const strings = await sharedStrings(path, zip);
  const dates = await dateStyles(path, zip);
  const rows = () => rowsOf(path, sheet, strings, dates);
  const first: string[][] = [];
  for await (const { cells } of rows()) {
    first.push(cells);
    if (first.length > sampled) break;
  }
  if (first.length === 0) {
    throw new DatasetError("bad-file", "The first sheet is empty.", "Put the examples on the workbook's first sheet.");
  }
  const headed = isHeading(trimmed(first[0] ?? []), first.slice(1));
  const width = Math.max(...first.map((row) => trimmed(row).length));
  const columns = columnNames(headed ? (first[0] ?? []) : [], width);
  async function* records(): AsyncGenerator<FileRecord> {
    let header = headed;
    for await (const { cells, row } of rows()) {
      if (header) {
        header = false;
        continue;
      }
      const fields: Record<string, string> = {};
      for (const [i, name] of columns.entries()) fields[name] = cells[i] ?? "";
      yield { row, fields };
    }
  }
  return { format: "xlsx", columns, records };
}

function trimmed(cells: readonly string[]): readonly string[] {
  let end = cells.length;
  while (end > 0 && (cells[end - 1] ?? "") === "") end--;
  return cells.slice(0, end);
}

async function whole(path: string, entry: ZipEntry | undefined): Promise<string> {
  let text = "";
  if (entry !== undefined) for await (const piece of entryText(path, entry)) text += piece;
  return text;
}

async function firstSheet(path: string, zip: ReadonlyMap<string, ZipEntry>): Promise<ZipEntry> {
  const workbook = await whole(path, zip.get("xl/workbook.xml"));
  const relations = await whole(path, zip.get("xl/_rels/workbook.xml.rels"));
  const id = /<(?:\w+:)?sheet\b[^>]*\br:id="([^"]+)"/.exec(workbook)?.[1];
  const relation = relations.match(/<(?:\w+:)?Relationship\b[^>]*>/g)?.find((one) => one.includes(`Id="${id}"`));
  const target = /Target="([^"]+)"/.exec(relation ?? "")?.[1];
  const name = target === undefined ? "xl/worksheets/sheet1.xml" : target.replace(/^\/?(xl\/)?/, "xl/");
  const sheet = zip.get(name);
  if (sheet !== undefined) return sheet;
  const message = zip.has("content.xml") ? "This is an OpenDocument sheet." : "There is no sheet in this archive.";
  throw new DatasetError("bad-file", message, "Save it as XLSX or CSV.");
}

/** The texts that cells point to. */
async function sharedStrings(path: string, zip: ReadonlyMap<string, ZipEntry>): Promise<string[]> {
  const strings: string[] = [];
  const entry = zip.get("xl/sharedStrings.xml");
  if (entry === undefined) return strings;
  for await (const item of elements(entryText(path, entry), "si")) strings.push(textIn(item));
  return strings;
}

/** Of the styles of cells, those that show a number as a date; the second says whether with a time. */
async function dateStyles(path: string, zip: ReadonlyMap<string, ZipEntry>): Promise<ReadonlySet<number>> {
  const styles = await whole(path, zip.get("xl/styles.xml"));
  const formats = new Map<number, string>();
  for (const one of styles.match(/<(?:\w+:)?numFmt\b[^>]*>/g) ?? []) {
    formats.set(Number(/numFmtId="(\d+)"/.exec(one)?.[1]), /formatCode="([^"]*)"/.exec(one)?.[1] ?? "");
  }
  const cellFormats = /<(?:\w+:)?cellXfs\b[^>]*>([\s\S]*?)<\/(?:\w+:)?cellXfs>/.exec(styles)?.[1] ?? "";
  const dates = new Set<number>();
  for (const [index, one] of (cellFormats.match(/<(?:\w+:)?xf\b[^>]*>/g) ?? []).entries()) {
    const id = Number(/numFmtId="(\d+)"/.exec(one)?.[1] ?? 0);
    // Built-in formats 14 to 22 and 45 to 47 are dates and times (ECMA-376, 18.8.30).
    const builtIn = (id >= 14 && id <= 22) || (id >= 45 && id <= 47);
    const code = (formats.get(id) ?? "").replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, "");
    if (builtIn || /[ymdhs]/i.test(code)) dates.add(index);
  }
  return dates;
}

async function* rowsOf(
  path: string,
  sheet: ZipEntry,
  strings: readonly string[],
  dates: ReadonlySet<number>,
): AsyncGenerator<{ row: number; cells: string[] }> {
  let last = 0;
  for await (const element of elements(entryText(path, sheet), "row")) {
    const row = Number(/^<[^>]*\br="(\d+)"/.exec(element)?.[1] ?? last + 1);
    last = row;
    const cells: string[] = [];
    for (const [, attributes = "", content = ""] of element.matchAll(
      /<(?:\w+:)?c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:\w+:)?c>)/g,
    )) {
      const reference = /\br="([A-Z]+)\d*"/.exec(attributes)?.[1];
      const column = reference === undefined ? cells.length : columnIndex(reference);
      if (column > 16_383) continue;
      while (cells.length < column) cells.push("");
      cells[column] = cellText(attributes, content, strings, dates);
    }
    if (cells.some((cell) => cell !== "")) yield { row, cells };
  }
}

/** Letters to a number from 0: `A`, `Z`, `AA`. */
export function columnIndex(letters: string): number {
  let index = 0;
  for (const letter of letters) index = index * 26 + letter.charCodeAt(0) - 64;
  return index - 1;
}

function cellText(attributes: string, content: string, strings: readonly string[], dates: ReadonlySet<number>): string {
  const type = /\bt="(\w+)"/.exec(attributes)?.[1];
  if (type === "inlineStr") return textIn(content);
  // A formula's result is in `v`, as the program that wrote the file computed it.
  const value = unescaped(/<(?:\w+:)?v\b[^>]*>([\s\S]*?)<\/(?:\w+:)?v>/.exec(content)?.[1] ?? "");
  if (type === "s") return strings[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "true" : "false";
  if (type === "str" || type === "e" || type === "d" || value === "") return value;
  if (dates.has(Number(/\bs="(\d+)"/.exec(attributes)?.[1] ?? -1))) return dateOf(Number(value));
  // Spreadsheets store 0.1 + 0.2 as the nearest double; people see 15 digits of it.
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(15))) : value;
}

/** Days since 1899-12-30, as ISO 8601. */
function dateOf(serial: number): string {
  if (!Number.isFinite(serial)) return "";
  const date = new Date(Math.round((serial - 25_569) * 86_400_000));
  if (Number.isNaN(date.getTime())) return String(serial);
  const iso = date.toISOString();
  return Number.isInteger(serial) ? iso.slice(0, 10) : iso.slice(0, 19).replace("T", " ");
}

/** All text runs of an element, without the hints of pronunciation. */
function textIn(xml: string): string {
  const plain = xml.replaceAll(/<(?:\w+:)?rPh\b[\s\S]*?<\/(?:\w+:)?rPh>/g, "");
  let text = "";
  for (const [, run = ""] of plain.matchAll(/<(?:\w+:)?t\b[^>]*>([\s\S]*?)<\/(?:\w+:)?t>/g)) text += unescaped(run);
  return text;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  if (!text.includes("&") && !text.includes("_x")) return text;
  return text
    .replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
      const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined;
      if (code !== undefined) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
      return entities[name] ?? all;
    })
    .replaceAll(/_x([0-9A-F]{4})_/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The elements of a name, one after another, without holding the document. */
async function* elements(xml: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  const opening = new RegExp(`<(?:\\w+:)?${name}(?=[\\s/>])`, "g");
  const ending = new RegExp(`</(?:\\w+:)?${name}>`, "g");
  let buffer = "";
  for await (const piece of xml) {
    buffer += piece;
    let at = 0;
    for (;;) {
      opening.lastIndex = at;
      const begin = opening.exec(buffer);
      if (begin === null) {
        // The tail may hold half an opening tag.
        at = Math.max(at, buffer.length - 64);
        break;
      }
      const tagEnd = buffer.indexOf(">", begin.index);
      if (tagEnd < 0) {
        at = begin.index;
        break;
      }
      if (buffer[tagEnd - 1] === "/") {
        yield buffer.slice(begin.index, tagEnd + 1);
        at = tagEnd + 1;
        continue;
      }
      ending.lastIndex = tagEnd;
      const end = ending.exec(buffer);
      if (end === null) {
        at = begin.index;
        break;
      }
      yield buffer.slice(begin.index, end.index + end[0].length);
      at = end.index + end[0].length;
    }
    buffer = buffer.slice(at);
    if (buffer.length > longestElement) {
      throw new DatasetError("bad-file", "A row of this sheet never ends.", "Save it again, or save it as CSV.");
    }
  }
}
