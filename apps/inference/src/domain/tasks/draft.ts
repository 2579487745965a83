import type { TaskDocument } from "./document.ts";
import { TaskError } from "./errors.ts";
import type { Rows } from "./examples.ts";
import type { FieldType } from "./fields.ts";

export interface Drafted {
  readonly input: Record<string, FieldType>;
  readonly output: Record<string, FieldType>;
  /** The rows with columns named as the fields are. */
  readonly rows: Rows;
}

const mostChoices = 30;

/**
 * Makes fields of a file's columns: what has few different short values is an enum, what is a number everywhere a number.
 * @throws TaskError `bad-examples`
 */
export function draftFields(
  { columns, fieldNames, rows }: Rows & { readonly fieldNames?: ReadonlyMap<string, string> },
  answered: readonly string[],
  asked?: readonly string[],
): Drafted {
  const shown = asked ?? columns.filter((name) => !answered.includes(name));
  const missing = [...answered, ...shown].find((name) => !columns.includes(name));
  if (missing !== undefined || answered.length === 0 || shown.length === 0) {
    const message =
      missing === undefined ? "At least one column is asked and one is answered." : `There is no column ${missing}.`;
    throw new TaskError("bad-examples", message, `The columns are ${columns.join(", ")}.`);
  }
  const names = new Map(columns.map((name) => [name, fieldNames?.get(name) ?? fieldNameOf(name)]));
  const cells = (name: string) => rows.map((row) => row[columns.indexOf(name)]?.trim() ?? "");
  const input = Object.fromEntries(shown.map((name) => [names.get(name) ?? name, "string" as const]));
  const output = Object.fromEntries(answered.map((name) => [names.get(name) ?? name, typeOf(cells(name))]));
  return { input, output, rows: { columns: columns.map((name) => names.get(name) ?? name), rows } };
}

function typeOf(cells: readonly string[]): FieldType {
  const distinct = [...new Set(cells)].filter((cell) => cell !== "");
  const few = distinct.length >= 2 && distinct.length <= mostChoices && distinct.length * 2 <= cells.length;
  if (few && distinct.every((cell) => cell.length <= 60 && !cell.includes("\n"))) return { enum: distinct.sort() };
  if (distinct.length > 0 && distinct.every((cell) => /^-?\d+(\.\d+)?$/.test(cell))) return "number";
  return "string";
}

function fieldNameOf(column: string): string {
  const plain = column
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[a-z]/.test(plain) ? plain.slice(0, 64) : `field_${plain}`.slice(0, 64);
}

/** A sentence that asks, where the person gave none. */
export function draftInstruction({ input, output }: Pick<TaskDocument, "input" | "output">): string {
  const [asked] = Object.keys(input);
  const [answered = "answer", type] = Object.entries(output)[0] ?? [];
  const what = (name: string | undefined) => (name ?? "text").replaceAll("_", " ");
  if (typeof type === "object" && "enum" in type)
    return `Sort the ${what(asked)} by its ${what(answered)}: ${type.enum.join(", ")}.`;
  return `Read the ${what(asked)} and give its ${what(answered)}.`;
}
