import { z } from "zod";
import { GrammarError } from "./errors.ts";
import { choice, type Expression, type Grammar, literal, never, rule } from "./expression.ts";
import { arrayOf } from "./json-array.ts";
import { anyInteger, anyNumber, type Bounds, integerWithin, numberWithin } from "./json-number.ts";
import { objectOf } from "./json-object.ts";
import { stringOf } from "./json-string.ts";
import { anyString, fixedValue } from "./json-text.ts";

const MAX_BYTES = 200_000;
const MAX_DEPTH = 64;

const count = z.number().int().min(0).max(100_000);
const schemaShape = z.looseObject({
  type: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  enum: z.array(z.unknown()).max(10_000).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).min(1).optional(),
  oneOf: z.array(z.unknown()).min(1).optional(),
  allOf: z.array(z.unknown()).min(1).optional(),
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  minProperties: count.optional(),
  maxProperties: count.optional(),
  items: z.unknown().optional(),
  prefixItems: z.array(z.unknown()).optional(),
  minItems: count.optional(),
  maxItems: count.optional(),
  minLength: count.optional(),
  maxLength: count.optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
});
export type Schema = z.output<typeof schemaShape>;

/** What would change which values are right, and is not understood. Other unknown words are notes, as the standard says. */
const refused = [
  "not",
  "if",
  "then",
  "else",
  "dependentSchemas",
  "dependentRequired",
  "patternProperties",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
  "contains",
  "uniqueItems",
  "$dynamicRef",
] as const;

const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
type Type = (typeof types)[number];

/** Makes an expression of a schema that lies in another one; `where` is its JSON pointer. */
export type Convert = (schema: unknown, where: string) => Expression;

export interface SchemaOptions {
  /** Objects have no members but those that are declared, whatever `additionalProperties` says. */
  readonly closed?: boolean;
}

/**
 * The JSON texts that satisfy a schema (JSON Schema 2020-12): members in the order in which they are declared, spacing
 * bounded. `oneOf` is read as `anyOf`.
 * @throws GrammarError `syntax`, `unsupported`, `unsatisfiable`, `too-complex`, with a JSON pointer
 */
export function parseJsonSchema(schema: unknown, options: SchemaOptions = {}): Grammar {
  const size = JSON.stringify(schema)?.length ?? 0;
  if (size > MAX_BYTES)
    throw new GrammarError("too-complex", `the schema has ${size} characters, ${MAX_BYTES} are allowed`);
  return new SchemaConverter(schema, options).convert();
}

/** Any JSON value. */
export function anyJson(): Grammar {
  return parseJsonSchema(true);
}

/** Any JSON object. */
export function anyJsonObject(): Grammar {
  return parseJsonSchema({ type: "object" });
}

class SchemaConverter {
  readonly #document: unknown;
  readonly #options: SchemaOptions;
  readonly #rules = new Map<string, Expression>();
  #depth = 0;

  constructor(document: unknown, options: SchemaOptions) {
    this.#document = document;
    this.#options = options;
  }

  convert(): Grammar {
    this.#refer("#", "#");
    return { root: "#", rules: this.#rules };
  }

  readonly #convert: Convert = (given, where) => {
    if (given === true) return this.#anything();
    if (given === false) return never;
    const schema = parseSchema(given, where);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      throw new GrammarError("too-complex", `it is nested more than ${MAX_DEPTH} deep`, where);
    const expression = this.#schema(schema, where);
    this.#depth -= 1;
    return expression;
  };

  #schema(schema: Schema, where: string): Expression {
    for (const word of refused) {
      if (schema[word] !== undefined && schema[word] !== false) {
        throw new GrammarError("unsupported", `\`${word}\` is not offered`, where);
      }
    }
    if (schema.$ref !== undefined) return this.#refer(schema.$ref, where);
    if (schema.const !== undefined) return fixedValue(schema.const);
    if (schema.enum !== undefined) return choice(...schema.enum.filter((one) => hasType(schema, one)).map(fixedValue));
    if (schema.allOf !== undefined)
      return this.#convert(
        mergeAll(schema, (ref) => this.#resolve(ref, where), where),
        where,
      );
    const ways = schema.anyOf ?? schema.oneOf;
    if (ways !== undefined) {
      const { anyOf: _, oneOf: __, ...rest } = schema;
      const word = schema.anyOf === undefined ? "oneOf" : "anyOf";
      return choice(
        ...ways.map((way, i) => {
          const place = `${where}/${word}/${i}`;
          return this.#convert(constrains(rest) ? merge(rest, parseSchema(way, place), place) : way, place);
        }),
      );
    }
    const wanted = typesOf(schema, where);
    if (wanted === undefined) return this.#anything();
    return choice(...wanted.map((type) => this.#typed(type, schema, where)));
  }

  #typed(type: Type, schema: Schema, where: string): Expression {
    switch (type) {
      case "null":
        return literal("null");
      case "boolean":
        return choice(literal("true"), literal("false"));
      case "string":
        return stringOf(schema, where);
      case "integer":
        return numeric(schema, true, where);
      case "number":
        return numeric(schema, false, where);
      case "array":
        return arrayOf(schema, where, this.#convert);
      case "object":
        return objectOf(schema, where, this.#convert, this.#rules, this.#options.closed ?? false);
    }
  }

  #anything(): Expression {
    if (!this.#rules.has("any")) {
      this.#rules.set("any", never);
      const scalar = choice(anyString, anyNumber, literal("true"), literal("false"), literal("null"));
      const members = { type: "object" } as const;
      this.#rules.set(
        "any",
        choice(
          scalar,
          objectOf(members, "any", this.#convert, this.#rules, false),
          arrayOf({ type: "array" }, "any", this.#convert),
        ),
      );
    }
    return rule("any");
  }

  #refer(pointer: string, where: string): Expression {
    if (!this.#rules.has(pointer)) {
      // In place before it is filled: it may speak of itself.
      this.#rules.set(pointer, never);
      const depth = this.#depth;
      this.#depth = 0;
      this.#rules.set(pointer, this.#convert(this.#resolve(pointer, where), pointer));
      this.#depth = depth;
    }
    return rule(pointer);
  }

  #resolve(pointer: string, where: string): unknown {
    if (!pointer.startsWith("#")) {
      throw new GrammarError(
        "unsupported",
        `\`${pointer}\` lies elsewhere; only references into the schema are followed`,
        where,
      );
    }
    let at: unknown = this.#document;
    for (const part of pointer.slice(1).split("/").slice(1)) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      at = typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
    }
    if (at === undefined) throw new GrammarError("syntax", `\`${pointer}\` points to nothing`, where);
    return at;
  }
}

function numeric(schema: Schema, whole: boolean, where: string): Expression {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = schema;
  const integer = whole || multipleOf === 1;
  if (multipleOf !== undefined && multipleOf !== 1) {
    throw new GrammarError("unsupported", "`multipleOf` is offered for 1 alone", where);
  }
  const bounds: Bounds = { exclusiveMaximum, exclusiveMinimum, maximum, minimum };
  const bounded = Object.values(bounds).some((bound) => bound !== undefined);
  if (!bounded) return integer ? anyInteger : anyNumber;
  return integer ? integerWithin(bounds, where) : numberWithin(bounds, where);
}

export function parseSchema(given: unknown, where: string): Schema {
  const parsed = schemaShape.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? "" : `/${issue.path.join("/")}`;
  throw new GrammarError("syntax", issue?.message ?? "this is no schema", `${where}${path}`);
}

/** The types that a schema allows: named, or meant by its other words; undefined: any. */
function typesOf(schema: Schema, where: string): readonly Type[] | undefined {
  const { type } = schema;
  if (type === undefined) {
    if (schema.properties ?? schema.required ?? schema.additionalProperties) return ["object"];
    if (schema.items ?? schema.prefixItems) return ["array"];
    if (schema.pattern ?? schema.minLength ?? schema.maxLength) return ["string"];
    if (schema.minimum ?? schema.maximum ?? schema.exclusiveMinimum ?? schema.exclusiveMaximum) return ["number"];
    return undefined;
  }
  const named = [type].flat();
  const known = named.map((name) => types.find((one) => one === name));
  const wrong = named.find((_, i) => known[i] === undefined);
  if (wrong !== undefined) throw new GrammarError("syntax", `\`${wrong}\` is no type`, `${where}/type`);
  // A whole number is a number: one way is enough.
  const wanted = known.filter((one) => one !== undefined);
  return wanted.includes("number") ? wanted.filter((one) => one !== "integer") : wanted;
}

function hasType(schema: Schema, value: unknown): boolean {
  if (schema.type === undefined) return true;
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  return [schema.type].flat().some((one) => one === type || (one === "integer" && Number.isInteger(value)));
}

/** Whether a schema says anything beyond notes. */
function constrains(schema: Schema): boolean {
  const notes = new Set(["title", "description", "default", "examples", "$defs", "definitions", "$schema", "$id"]);
  return Object.entries(schema).some(([key, value]) => value !== undefined && !notes.has(key));
}

function mergeAll(schema: Schema, resolve: (ref: string) => unknown, where: string): Schema {
  const { allOf = [], ...rest } = schema;
  return allOf.reduce<Schema>((all, one, i) => {
    const place = `${where}/allOf/${i}`;
    const part = parseSchema(one, place);
    return merge(all, part.$ref === undefined ? part : parseSchema(resolve(part.$ref), place), place);
  }, rest);
}

/** Both at once, for what can be written down again as one schema. */
function merge(a: Schema, b: Schema, where: string): Schema {
  const out: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const other = out[key];
    if (other === undefined || JSON.stringify(other) === JSON.stringify(value)) out[key] = value;
    else if (key === "properties") out.properties = { ...a.properties, ...b.properties };
    else if (key === "required") out.required = [...new Set([...(a.required ?? []), ...(b.required ?? [])])];
    else if (["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"].includes(key)) {
      out[key] = Math.max(Number(other), Number(value));
    } else if (["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"].includes(key)) {
      out[key] = Math.min(Number(other), Number(value));
    } else if (!["title", "description", "default", "examples", "$defs", "definitions"].includes(key)) {
      throw new GrammarError("unsupported", `\`${key}\` is said twice and differently`, where);
    }
  }
  return parseSchema(out, where);
}
