import { z } from "zod";

/** What a field of a task's input or output may hold. */
export type FieldType =
  | "string"
  | "number"
  | "integer"
  | "boolean"
  | { readonly enum: readonly string[] }
  | { readonly list: FieldType }
  | { readonly object: Fields };

/** Fields by their names; at least one. */
export type Fields = { readonly [name: string]: FieldType };

const fieldName = z
  .string()
  .regex(/^[A-Za-z_]\w{0,63}$/, "A field's name begins with a letter; then letters, digits and _ follow.");

const choices = z
  .array(z.union([z.string(), z.number(), z.boolean()]).transform(String))
  .min(2, "An enum needs two values or more: with one there is nothing to decide.")
  .max(200, "An enum has at most 200 values.")
  .superRefine((values, context) => {
    const twice = values.findIndex((value, i) => values.indexOf(value) !== i);
    if (twice >= 0) context.addIssue({ code: "custom", path: [twice], message: `"${values[twice]}" is there twice.` });
    const empty = values.findIndex((value) => value.trim() === "");
    if (empty >= 0) context.addIssue({ code: "custom", path: [empty], message: "A value of an enum can't be empty." });
  });

const says = "A field is string, number, integer, boolean, {enum: […]}, {list: …} or {object: {…}}.";

export const fieldType: z.ZodType<FieldType, unknown> = z.lazy(() =>
  z.union(
    [
      z.enum(["string", "number", "integer", "boolean"]),
      z.strictObject({ enum: choices }),
      z.strictObject({ list: fieldType }),
      z.strictObject({ object: fields }),
    ],
    // The alternative that was meant tells more than that none fits.
    { error: (issue) => (typeof issue.input === "object" && issue.input !== null ? undefined : says) },
  ),
);

export const fields: z.ZodType<Fields, unknown> = z
  .record(fieldName, fieldType)
  .refine((all) => Object.keys(all).length > 0, "At least one field is needed.")
  .refine((all) => Object.keys(all).length <= 64, "At most 64 fields.");

export type JsonSchema = { readonly [key: string]: unknown };

/** As JSON Schema: closed objects, every field required. */
export function jsonSchemaOf(type: FieldType): JsonSchema {
  if (typeof type === "string") return { type };
  if ("enum" in type) return { type: "string", enum: [...type.enum] };
  if ("list" in type) return { type: "array", items: jsonSchemaOf(type.list) };
  return objectSchemaOf(type.object);
}

export function objectSchemaOf(all: Fields): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(all).map(([name, type]) => [name, jsonSchemaOf(type)])),
    required: Object.keys(all),
    additionalProperties: false,
  };
}

/** Checks and parses values of a field, taking texts for what they say: `"3"` is a number where one is due. */
export function parserOf(type: FieldType): z.ZodType {
  if (type === "string") return z.string("It must be text.");
  if (type === "number" || type === "integer") {
    const number = z.coerce.number("It must be a number.");
    return type === "integer" ? number.int("It must be a whole number.") : number;
  }
  if (type === "boolean") {
    return z.preprocess(
      (value) => (value === "true" ? true : value === "false" ? false : value),
      z.boolean("It must be true or false."),
    );
  }
  if ("enum" in type) {
    return z.string().refine((value) => type.enum.includes(value), `It must be one of: ${type.enum.join(", ")}.`);
  }
  if ("list" in type) return z.array(parserOf(type.list));
  return objectParserOf(type.object);
}

const parsers = new WeakMap<Fields, ReturnType<typeof makeObjectParser>>();

/** Made once for the fields of a document: making one takes longer than parsing by it. */
export function objectParserOf(all: Fields) {
  const known = parsers.get(all) ?? makeObjectParser(all);
  parsers.set(all, known);
  return known;
}

function makeObjectParser(all: Fields) {
  return z.strictObject(Object.fromEntries(Object.entries(all).map(([name, type]) => [name, parserOf(type)])));
}

/** The one field that is there, when there is one alone. */
export function onlyField(all: Fields): { readonly name: string; readonly type: FieldType } | undefined {
  const [first, second] = Object.entries(all);
  return first === undefined || second !== undefined ? undefined : { name: first[0], type: first[1] };
}

/** The values of an output that is one enum: then the task sorts. */
export function labelsOf(output: Fields): readonly string[] | undefined {
  const only = onlyField(output);
  return only !== undefined && typeof only.type === "object" && "enum" in only.type ? only.type.enum : undefined;
}

/** What a task is like, coarsely: what the planner learnt of one task counts for others of its shape. */
export function shapeOf(output: Fields): string {
  const labels = labelsOf(output);
  if (labels !== undefined) return `labels-${labels.length <= 2 ? 2 : labels.length <= 6 ? 6 : 50}`;
  return onlyField(output)?.type === "string" ? "text" : "object";
}
