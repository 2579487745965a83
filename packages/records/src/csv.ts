/** A row that could not be read: what its cell lacks, and near which line. */
export class CsvProblem extends Error {
  override readonly name = "CsvProblem";
  /** From 1: where the cell begins. */
  readonly line: number;

  constructor(line: number) {
    super(`a quote of line ${line} is not closed`);
    this.line = line;
  }
}

export interface CsvRow {
  readonly row: string[];
  /** Its first line, from 1. */
  readonly line: number;
}

const quote = '"';
const newline = "\n";

/**
 * Reads separated cells in pieces of any size (RFC 4180), with what spreadsheets and people write besides: quotes inside of
 * a cell that does not begin with one are ordinary characters, as is a quote that stands before more text; rows may have any
 * number of cells; empty lines are none. Line ends are `\n`.
 */
export class CsvReader {
  readonly #delimiter: string;
  readonly #longest: number;
  #state: "start" | "plain" | "quoted" | "after" = "start";
  #row: string[] = [];
  #cell = "";
  #line = 1;
  #rowLine = 1;
  #cellLine = 1;

  /** @param longest characters of a cell, past which a quote must have been forgotten */
  constructor(delimiter: string, longest: number) {
    this.#delimiter = delimiter;
    this.#longest = longest;
  }

  /** The rows that end in this piece. @throws CsvProblem */
  *push(text: string): Generator<CsvRow> {
    let at = 0;
    while (at < text.length) {
      if (this.#state === "quoted") at = this.#quoted(text, at);
      else if (this.#state === "start" && text[at] === quote) {
        this.#state = "quoted";
        this.#cellLine = this.#line;
        at++;
      } else if (this.#state === "after" && text[at] === quote) {
        this.#cell += quote;
        this.#state = "quoted";
        at++;
      } else {
        if (this.#state === "after" && text[at] !== this.#delimiter && text[at] !== newline) {
          // It was no closing quote, so the first was none that opens either.
          this.#cell = quote + this.#cell + quote;
        }
        const end = this.#endOfCell(text, at);
        this.#cell += text.slice(at, end);
        if (end === text.length) {
          if (this.#state === "start" || this.#state === "after") this.#state = "plain";
          return;
        }
        at = end + 1;
        if (text[end] === newline) {
          const row = this.#endRow();
          this.#line++;
          this.#rowLine = this.#line;
          if (row !== undefined) yield row;
        } else this.#endCell();
      }
    }
  }

  /** What follows the last line end. @throws CsvProblem */
  *finish(): Generator<CsvRow> {
    if (this.#state === "quoted") throw new CsvProblem(this.#cellLine);
    const row = this.#endRow();
    if (row !== undefined) yield row;
  }

  /** Takes text up to a quote. @returns where to go on */
  #quoted(text: string, at: number): number {
    const found = text.indexOf(quote, at);
    const end = found < 0 ? text.length : found;
    const part = text.slice(at, end);
    this.#cell += part;
    for (let i = part.indexOf(newline); i >= 0; i = part.indexOf(newline, i + 1)) this.#line++;
    if (this.#cell.length > this.#longest) throw new CsvProblem(this.#cellLine);
    if (found < 0) return end;
    this.#state = "after";
    return end + 1;
  }

  #endOfCell(text: string, at: number): number {
    const delimiter = this.#delimiter.charCodeAt(0);
    let end = at;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === delimiter || code === 10) break;
    }
    return end;
  }

  #endCell(): void {
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = "start";
  }

  #endRow(): CsvRow | undefined {
    if (this.#row.length === 0 && this.#cell === "" && this.#state === "start") return undefined;
    this.#endCell();
    const row = this.#row;
    this.#row = [];
    return { row, line: this.#rowLine };
  }
}
