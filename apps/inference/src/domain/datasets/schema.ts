import type { Json } from "@tugboat/db";
import { DatasetError } from "@tugboat/records";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { z } from "zod";

const jsonSchema = z.record(z.string(), z.json());

/** What every example of a dataset satisfies: JSON Schemas (2020-12) of its input and of its expected answer. */
export const datasetSchema = z.object({ input: jsonSchema, expected: jsonSchema });
export type DatasetSchema = z.output<typeof datasetSchema>;
type Schema = z.output<typeof jsonSchema>;

const mostLabels = 50;

/** The schema that examples suggest: types, fields, and labels where a few answers are given again and again. */
export function inferSchema(examples: readonly { readonly input: Json; readonly expected: Json }[]): DatasetSchema {
  const answered = examples.flatMap(({ expected }) => (expected === null ? [] : [expected]));
  const expected = withLabels(answered, inferValues(answered));
  return {
    input: inferValues(examples.map(({ input }) => input)),
    // An example that nobody has answered yet is one all the same.
    expected: answered.length === examples.length ? expected : nullable(expected),
  };
}

function nullable(schema: Schema): Schema {
  return Object.keys(schema).length === 0 ? schema : { anyOf: [schema, { type: "null" }] };
}

function inferValues(values: readonly Json[]): Schema {
  const types = [...new Set(values.map(typeOf))];
  const [type] = types;
  if (types.length !== 1 || type === undefined) return types.length === 0 ? {} : { type: [...types].sort() };
  if (type === "array")
    return { type, items: inferValues(values.flatMap((value) => (Array.isArray(value) ? value : []))) };
  if (type !== "object") return { type };
  const objects = values.filter(isObject);
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  // Many different keys are data, not fields.
  if (names.length > 60) return { type };
  const properties = Object.fromEntries(
    names.map((name) => {
      const there = objects.flatMap((one) => (Object.hasOwn(one, name) ? [one[name] ?? null] : []));
      return [name, withLabels(there, inferValues(there))];
    }),
  );
  const required = names.filter((name) => objects.every((one) => Object.hasOwn(one, name)));
  return { type, properties, required, additionalProperties: false };
}

function withLabels(values: readonly Json[], schema: Schema): Schema {
  const labels = new Set(values.map((value) => (typeof value === "string" ? value : "")));
  const few = labels.size <= mostLabels && values.length >= 10 && values.length >= labels.size * 3;
  const short = values.every((value) => typeof value === "string" && value.length <= 60);
  return few && short && schema.type === "string" ? { ...schema, enum: [...labels].sort() } : schema;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

export interface ExampleChecker {
  /** What of an example the schema refuses, in words; undefined when it is as it should be. */
  problem(example: { readonly input: Json; readonly expected: Json }): string | undefined;
}

/** @throws DatasetError `schema` for what is no JSON Schema */
export function exampleChecker(schema: DatasetSchema): ExampleChecker {
  const ajv = new Ajv2020({ strict: false, validateSchema: true, allErrors: false, logger: false });
  const compile = (part: "input" | "expected"): ValidateFunction => {
    try {
      return ajv.compile(schema[part]);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new DatasetError(
        "schema",
        `The schema of ${part} is no JSON Schema: ${why}.`,
        "Correct it and save again.",
      );
    }
  };
  const parts = [
    ["input", compile("input")],
    ["expected", compile("expected")],
  ] as const;
  return {
    problem(example) {
      for (const [name, validate] of parts) {
        if (validate(example[name])) continue;
        const [error] = validate.errors ?? [];
        const at = error?.instancePath.replaceAll("/", ".") ?? "";
        const allowed = z.object({ allowedValues: z.array(z.json()) }).safeParse(error?.params).data?.allowedValues;
        const more =
          allowed === undefined
            ? ""
            : `: ${allowed
                .slice(0, 12)
                .map((one) => JSON.stringify(one))
                .join(", ")}`;
        return `${name}${at} ${error?.message ?? "does not satisfy the schema"}${more}`;
      }
      return undefined;
    },
  };
}

/** The dataset's schema as it is stored; null where anything goes. */
export function storedSchema(stored: unknown): DatasetSchema | null {
  return stored === null ? null : datasetSchema.parse(stored);
}
