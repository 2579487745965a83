import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@tugboat/db";
import { z } from "zod";

export const variableTypes = ["text", "number", "integer", "boolean", "choice", "json"] as const;

const variable = z
  .object({
    name: z
      .string()
      .regex(
        /^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u,
        "A variable's name begins with a letter; letters, digits, _ - . follow.",
      ),
    type: z.enum(variableTypes).default("text"),
    description: z.string().trim().max(500).default(""),
    required: z.boolean().default(true),
    /** Used where none is given. */
    default: z.json().optional(),
    /** Of a choice. */
    options: z.array(z.string().min(1).max(200)).max(200).optional(),
  })
  .refine((one) => one.type !== "choice" || (one.options?.length ?? 0) > 0, "A choice needs its options.");
export type PromptVariable = z.output<typeof variable>;

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string().max(200_000) });

const parameters = z.object({
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().min(1).max(1_000_000).optional(),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  stop: z.array(z.string().min(1).max(1000)).max(16).optional(),
});

const tool = z.object({
  type: z.literal("function"),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "A tool's name is 1 to 64 of a-z, A-Z, 0-9, _ and -."),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.json()).optional(),
  }),
});

/** What a version of a prompt says: everything of a request but what its variables are filled with. */
export const promptContent = z
  .object({
    /** A model, an alias or an upstream's model. */
    model: z
      .string()
      .trim()
      .min(1, "A prompt says which model answers.")
      .max(512)
      .refine((name) => !name.startsWith("prompt:"), "A prompt can't be answered by a prompt."),
    messages: z.array(message).min(1, "A prompt has at least one message.").max(200),
    variables: z.array(variable).max(100).default([]),
    tools: z.array(tool).max(128).default([]),
    parameters: parameters.default({}),
    /** A JSON Schema that answers are held to; null for free text. */
    output: z.record(z.string(), z.json()).nullable().default(null),
  })
  .superRefine(({ messages, variables }, context) => {
    const names = variables.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      context.addIssue({ code: "custom", path: ["variables"], message: `The variable ${twice} is there twice.` });
    }
    const missing = placeholdersIn(messages.map(({ content }) => content)).find((name) => !names.includes(name));
    if (missing !== undefined) {
      const text = `{{${missing}}} stands in a message and is no variable: declare it, or take it out.`;
      context.addIssue({ code: "custom", path: ["variables"], message: text });
    }
  });
export type PromptContent = z.output<typeof promptContent>;

/** `{{name}}`; spaces inside the braces are allowed. */
const placeholder = /\{\{\s*([\p{L}_][\p{L}\p{N}_.-]{0,63})\s*\}\}/gu;

/** The names in the texts, each once, in the order in which they appear. */
export function placeholdersIn(texts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const text of texts) for (const [, name] of text.matchAll(placeholder)) if (name) names.add(name);
  return [...names];
}

/** A text with values in place of names. Values are not looked into again. */
export function filled(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(placeholder, (whole, name: string) => values.get(name) ?? whole);
}

/** The same content has the same digest, in hexadecimal. */
export function contentDigest(content: PromptContent): string {
  const json: Json = z.json().parse(content) ?? null;
  return createHash("sha256").update(canonicalJson(json)).digest("hex");
}
