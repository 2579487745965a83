import { type Json, type NewExample, type SplitName, splitNames } from "@tugboat/db";
import {
  DatasetError,
  type FileRecord,
  fieldColumn,
  inputNames,
  outputNames,
  type Shape,
  shapeOf,
  shapes,
  storable,
  storableText,
  textOf,
  toExample,
} from "@tugboat/records";
import { z } from "zod";

/** What a column is. Several of one kind become an object of fields; several of tags are all tags. */
export const columnRoles = ["input", "expected", "tag", "split", "ignore"] as const;
export type ColumnRole = (typeof columnRoles)[number];

/** How rows become examples: as a known shape, or column by column. */
export const mapping = z.discriminatedUnion("shape", [
  z.object({
    shape: z.literal("columns"),
    columns: z.record(z.string().max(1000), z.enum(columnRoles)),
    /** What a column is called in the dataset, where that is not its name in the file. */
    names: z.record(z.string().max(1000), z.string().trim().min(1).max(100)).optional(),
  }),
  z.object({ shape: z.enum(shapes) }),
]);
export type Mapping = z.output<typeof mapping>;

/** What a mapping makes of a row: an example, or why it makes none. */
export type Mapped = { readonly ok: true; readonly example: NewExample } | { readonly ok: false; readonly why: string };

/** How rows should become examples, guessed from the first of them. A person may correct it. */
export function guessMapping(columns: readonly string[], records: readonly FileRecord[]): Mapping {
  const shape = shapeOf(records);
  if (shape !== undefined) return { shape };
  return { shape: "columns", columns: guessColumns(columns, records) };
}

/** Files of ours name their columns so; what is in them is taken as it is. */
const ownNames = new Set(["input", "expected"]);

function guessColumns(columns: readonly string[], records: readonly FileRecord[]): Record<string, ColumnRole> {
  const facts = columns.map((name) => {
    const cells = records.map(({ fields }) => textOf(fields[name] ?? null).trim());
    const length = cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, cells.length);
    return { name, length, distinct: new Set(cells).size, splits: cells.every(isSplit) };
  });
  const roles: Record<string, ColumnRole> = Object.fromEntries(columns.map((name) => [name, "ignore" as const]));
  for (const { name, splits } of facts) {
    if (/^(split|partition|fold)$/i.test(name) && splits) roles[name] = "split";
    else if (/^(tags?|keywords?)$/i.test(name)) roles[name] = "tag";
  }
  const open = facts.filter(({ name }) => roles[name] === "ignore");
  const fields = open.filter(({ name }) => fieldColumn.test(name));
  for (const { name } of fields) roles[name] = name.startsWith("input.") ? "input" : "expected";
  if (fields.some(({ name }) => name.startsWith("input."))) return roles;
  const named = open.find(({ name }) => outputNames.test(name));
  const input =
    open.find(({ name }) => ownNames.has(name) && inputNames.test(name)) ??
    open.find(({ name }) => inputNames.test(name)) ??
    open.filter((one) => one !== named).sort((a, b) => b.length - a.length)[0];
  if (input === undefined) return roles;
  roles[input.name] = "input";
  const others = open.filter((one) => one !== input);
  const output = named !== undefined && named !== input ? named : others.reduce<Fact | undefined>(better, undefined);
  if (output !== undefined) roles[output.name] = "expected";
  return roles;
}

interface Fact {
  readonly name: string;
  readonly distinct: number;
}

/** The answer is the column with the fewest different values; one that says the same everywhere answers nothing. */
function better(best: Fact | undefined, one: Fact): Fact {
  if (best === undefined || (best.distinct < 2 && one.distinct > 1)) return one;
  return one.distinct > 1 && one.distinct < best.distinct ? one : best;
}

/** @throws DatasetError `bad-mapping` when columns are missing or nothing is shown to the model */
export function checkMapping(mapping: Mapping, columns: readonly string[]): void {
  if (mapping.shape !== "columns") return;
  const missing = Object.keys(mapping.columns).find((name) => !columns.includes(name));
  if (missing !== undefined) {
    throw new DatasetError("bad-mapping", `There is no column "${missing}".`, `There are: ${columns.join(", ")}.`);
  }
  if (!Object.values(mapping.columns).includes("input")) {
    throw new DatasetError("bad-mapping", "No column is what the model is shown.", "Choose at least one as input.");
  }
  const names = Object.entries(mapping.columns)
    .filter(([, role]) => role === "input" || role === "expected")
    .map(([name, role]) => `${role}: ${fieldName(mapping.names?.[name] ?? name)}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DatasetError("bad-mapping", `Two columns would both be ${twice}.`, "Give one of them another name.");
  }
}

/** Makes examples of rows. @param file where they come from, for their origin */
export function mapper(mapping: Mapping, file: string): (record: FileRecord) => Mapped {
  const make = mapping.shape === "columns" ? byColumns(mapping) : byShape(mapping.shape);
  return (record) => {
    const made = make(record);
    if (!made.ok) return made;
    return { ok: true, example: { ...made.example, origin: { kind: "file", file, row: record.row } } };
  };
}

function byShape(shape: Shape): (record: FileRecord) => Mapped {
  return ({ fields }) => toExample(shape, fields);
}

function byColumns({ columns, names = {} }: Extract<Mapping, { shape: "columns" }>): (record: FileRecord) => Mapped {
  const of = (role: ColumnRole) => Object.keys(columns).filter((name) => columns[name] === role);
  const [inputs, outputs, tags, splits] = [of("input"), of("expected"), of("tag"), of("split")];
  const value = (fields: FileRecord["fields"], chosen: readonly string[]): Json => {
    const [only] = chosen;
    const alone = chosen.length === 1 && only !== undefined && !fieldColumn.test(only) && !names[only];
    if (alone) return storable(fields[only] ?? null);
    return Object.fromEntries(chosen.map((name) => [fieldName(names[name] ?? name), storable(fields[name] ?? null)]));
  };
  return ({ fields }) => {
    if (inputs.every((name) => isEmpty(fields[name]))) return { ok: false, why: `nothing in ${inputs.join(", ")}` };
    const split = splits.map((name) => splitOf(textOf(fields[name] ?? null))).find((one) => one !== undefined);
    return {
      ok: true,
      example: {
        input: value(fields, inputs),
        expected: outputs.every((name) => isEmpty(fields[name])) ? null : value(fields, outputs),
        tags: tags.flatMap((name) => tagsIn(fields[name] ?? null)),
        ...(split !== undefined && { split }),
      },
    };
  };
}

/** `input.subject` is the field `subject`. */
function fieldName(name: string): string {
  return name.replace(fieldColumn, "");
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

function tagsIn(value: Json): string[] {
  const parts = Array.isArray(value) ? value.map(textOf) : textOf(value).split(/[,;|]/);
  return parts.map((tag) => storableText(tag).trim().slice(0, 100)).filter((tag) => tag !== "");
}

function isSplit(text: string): boolean {
  return text === "" || splitOf(text) !== undefined;
}

/** A split by the names that other tools have for it. */
function splitOf(text: string): SplitName | undefined {
  const name = text.trim().toLowerCase();
  if (name === "training") return "train";
  if (["dev", "valid", "val", "eval"].includes(name)) return "validation";
  if (["held-out", "holdout", "testing"].includes(name)) return "test";
  return splitNames.find((known) => known === name);
}
