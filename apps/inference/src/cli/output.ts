/** A failure with its exit code: 1, or 2 for a wrong call. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, hint?: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Anything thrown, as a person or a script is told of it. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "internal", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "internal";
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { code, message: error.message, ...(hint !== undefined && { hint }) };
}

/** On stderr a sentence and what to do; with `--json` also `{error}` on stdout. */
export function printFailure(error: unknown, json: boolean): void {
  const failure = toFailure(error);
  process.stderr.write(`${failure.message}\n${failure.hint === undefined ? "" : `${failure.hint}\n`}`);
  if (json) printJson({ error: failure });
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0)}\n`);
}

/** Rows under headings, columns aligned; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const right = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** `16.3 MB`, `4.1 GB`: decimal, as disks and hubs count. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `260K`, `15.7M`, `1.5B` parameters. */
export function countText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)}B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)}M`;
  return count >= 1e3 ? `${Math.round(count / 1e3)}K` : String(count);
}

/** Rewrites one line of stderr: on a terminal in place, else now and then a line. */
export class ProgressLine {
  #shown = "";
  #at = 0;

  show(text: string): void {
    const now = performance.now();
    const everyMs = process.stderr.isTTY ? 80 : 5000;
    if (text === this.#shown || now - this.#at < everyMs) return;
    this.#at = now;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
    this.#shown = text;
  }

  clear(): void {
    if (process.stderr.isTTY && this.#shown !== "") process.stderr.write("\r\x1b[K");
    this.#shown = "";
  }
}
