import type { Constraint } from "@tugboat/engine";
import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { bounded, optional } from "./parameters.ts";

const jsonSchema = z.union([z.record(z.string(), z.json()), z.boolean()]);

/** OpenAI's `response_format`. */
export const responseFormat = optional(
  z.discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("text") }),
      z.strictObject({ type: z.literal("json_object") }),
      z.strictObject({
        type: z.literal("json_schema"),
        json_schema: z.strictObject({
          name: z
            .string()
            .regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: "a schema's name is 1 to 64 of a-z, A-Z, 0-9, _ and -" }),
          description: optional(z.string()),
          schema: optional(jsonSchema),
          strict: optional(z.boolean()),
        }),
      }),
    ],
    { error: "Invalid response_format: its type is 'text', 'json_object' or 'json_schema'." },
  ),
);

/** vLLM's extension: one of these. */
export const structuredOutputs = optional(
  z
    .strictObject({
      json: optional(jsonSchema),
      regex: optional(z.string().min(1)),
      choice: optional(bounded(z.string().min(1), { min: 1, max: 10_000 })),
      grammar: optional(z.string().min(1)),
    })
    .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
      message: "Give exactly one of 'json', 'regex', 'choice' and 'grammar'.",
    }),
);

interface Given {
  readonly response_format?: z.output<typeof responseFormat>;
  readonly structured_outputs?: z.output<typeof structuredOutputs>;
}

/** @throws ApiError 400 when both are given */
export function constraintOf({ response_format, structured_outputs }: Given): Constraint | undefined {
  const format = response_format?.type === "text" ? undefined : response_format;
  if (format !== undefined && structured_outputs !== undefined) {
    const message = "Set either 'response_format' or 'structured_outputs', not both.";
    throw invalidRequest("invalid_value", message, "structured_outputs");
  }
  if (structured_outputs !== undefined) {
    const { choice, grammar, json, regex } = structured_outputs;
    if (json !== undefined) return { kind: "json-schema", schema: json };
    if (regex !== undefined) return { kind: "regex", pattern: regex };
    if (grammar !== undefined) return { kind: "ebnf", grammar };
    return {
      kind: "grammar",
      key: JSON.stringify(choice),
      grammar: {
        root: "root",
        rules: new Map([["root", { kind: "choice", of: (choice ?? []).map((text) => ({ kind: "literal", text })) }]]),
      },
    };
  }
  if (format === undefined) return undefined;
  if (format.type === "json_object" || format.json_schema.schema === undefined) return { kind: "json-object" };
  return { kind: "json-schema", schema: format.json_schema.schema, closed: format.json_schema.strict ?? false };
}
