import { z } from "zod";

/** What a value in a flow may be. `any` is checked when it arrives where something is wanted, not before. */
export type FlowType =
  | "string"
  | "number"
  | "integer"
  | "boolean"
  | "any"
  | { readonly enum: readonly string[] }
  | { readonly list: FlowType }
  | { readonly object: FlowFields };

export type FlowFields = { readonly [name: string]: FlowType };

const fieldName = z
  .string()
  .regex(/^[A-Za-z_]\w{0,63}$/, "A field's name begins with a letter; then letters, digits and _ follow.");

const says = "A type is string, number, integer, boolean, any, {enum: […]}, {list: …} or {object: {…}}.";

export const flowType: z.ZodType<FlowType, unknown> = z.lazy(() =>
  z.union(
    [
      z.enum(["string", "number", "integer", "boolean", "any"]),
      z.strictObject({ enum: z.array(z.coerce.string()).min(1).max(200) }),
      z.strictObject({ list: flowType }),
      z.strictObject({ object: flowFields }),
    ],
    { error: (issue) => (typeof issue.input === "object" && issue.input !== null ? undefined : says) },
  ),
);

export const flowFields: z.ZodType<FlowFields, unknown> = z
  .record(fieldName, flowType)
  .refine((all) => Object.keys(all).length <= 64, "At most 64 fields.");

/** A type in a person's words. */
export function typeText(type: FlowType): string {
  if (type === "string") return "text";
  if (typeof type === "string") return type === "any" ? "anything" : type;
  if ("enum" in type) return type.enum.length === 1 ? `"${type.enum[0]}"` : `one of ${type.enum.join(", ")}`;
  if ("list" in type) return `a list of ${typeText(type.list)}`;
  const fields = Object.entries(type.object).map(([name, one]) => `${name}: ${typeText(one)}`);
  return `{${fields.join(", ")}}`;
}

/** Why a value of one type can't stand where the other is wanted, as the end of a sentence; undefined when it can. */
export function misfit(from: FlowType, to: FlowType): string | undefined {
  if (to === "any" || from === "any" || from === to) return undefined;
  const plain = `it is ${typeText(from)}, and ${typeText(to)} is wanted`;
  if (typeof to === "string") {
    const asText = to === "string" && typeof from === "object" && "enum" in from;
    return asText || (to === "number" && from === "integer") ? undefined : plain;
  }
  if (typeof from === "string") return plain;
  if ("enum" in to) {
    if (!("enum" in from)) return plain;
    const other = from.enum.find((value) => !to.enum.includes(value));
    return other === undefined ? undefined : `"${other}" is none of ${to.enum.join(", ")}`;
  }
  if ("list" in to) return "list" in from ? misfit(from.list, to.list) : plain;
  if (!("object" in from)) return plain;
  for (const [name, wanted] of Object.entries(to.object)) {
    const given = from.object[name];
    if (given === undefined) return `the field ${name} is missing`;
    const why = misfit(given, wanted);
    if (why !== undefined) return `${name}: ${why}`;
  }
  const more = Object.keys(from.object).find((name) => !(name in to.object));
  return more === undefined ? undefined : `the field ${more} is not known there`;
}

/** The narrowest type here that values of both have. */
export function joined(a: FlowType, b: FlowType): FlowType {
  if (misfit(a, b) === undefined) return b;
  if (misfit(b, a) === undefined) return a;
  if (typeof a === "object" && typeof b === "object") {
    if ("enum" in a && "enum" in b) return { enum: [...new Set([...a.enum, ...b.enum])] };
    if ("list" in a && "list" in b) return { list: joined(a.list, b.list) };
    if ("object" in a && "object" in b && Object.keys(a.object).sort().join() === Object.keys(b.object).sort().join()) {
      const fields = Object.entries(a.object).map(
        ([name, one]) => [name, joined(one, b.object[name] ?? "any")] as const,
      );
      return { object: Object.fromEntries(fields) };
    }
  }
  return "any";
}

/** Checks values as they come. A text is taken for the number or truth that it says, where one is wanted. */
export function valueParser(type: FlowType): z.ZodType<unknown> {
  if (type === "any") return z.json();
  if (type === "string") return z.string("It must be text.");
  if (type === "number") return z.coerce.number("It must be a number.");
  if (type === "integer") return z.coerce.number("It must be a number.").int("It must be a whole number.");
  if (type === "boolean") {
    const said = (value: unknown) => (value === "true" ? true : value === "false" ? false : value);
    return z.preprocess(said, z.boolean("It must be true or false."));
  }
  if ("enum" in type) {
    return z
      .string("It must be text.")
      .refine((value) => type.enum.includes(value), `It must be one of: ${type.enum.join(", ")}.`);
  }
  if ("list" in type) return z.array(valueParser(type.list), "It must be a list.");
  return fieldsParser(type.object);
}

export function fieldsParser(fields: FlowFields) {
  return z.strictObject(
    Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, valueParser(type)])),
    "It must be an object.",
  );
}

export function flowJsonSchema(type: FlowType): Readonly<Record<string, unknown>> {
  if (type === "any") return {};
  if (typeof type === "string") return { type };
  if ("enum" in type) return { type: "string", enum: [...type.enum] };
  if ("list" in type) return { type: "array", items: flowJsonSchema(type.list) };
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(type.object).map(([name, one]) => [name, flowJsonSchema(one)])),
    required: Object.keys(type.object),
    additionalProperties: false,
  };
}
